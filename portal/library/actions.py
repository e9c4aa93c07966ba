"""Actions of the library: add files, hide files, and store which public objects use them.

``withdrawal`` takes a file off the public pages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.actions import log_event
from portal.library import documents, file_names, files
from portal.library.decoding import process as process_pictures
from portal.library.decoding.messages import validation_error
from portal.library.decoding.refusals import Refusal
from portal.library.decoding.spool import spooled
from portal.library.hidden_content import process
from portal.library.models import Attachment, Image, MediaFile, PublicUse
from portal.library.rules import may_upload


def prepare_image(*, file: Any, by: User) -> Image:
    """Decode an image and store its files; return a row to save, or that of the same image.

    Call it outside a transaction: it waits until a decoder is free. ``file`` is any object with
    ``read()`` and, optionally, ``name``. Raises ``PermissionDenied``, and ``ValidationError`` with
    one sentence for the user if the file is not accepted or the same image is hidden.
    """
    _require_uploader(by)
    try:
        with spooled(file, Path(settings.DECODING_ROOT)) as spool:
            if existing := _existing(Image, Q(upload_digest=spool.digest)):
                return existing
            with process_pictures.decode(spool.file, Path(settings.DECODING_ROOT)) as versions:
                return _store_versions(versions, spool.digest, by)
    except Refusal as refusal:
        raise validation_error(refusal) from refusal


def add_image(
    *,
    file: Any,
    by: User,
    title: str = "",
    alt: str = "",
    credit: str = "",
    prepared: Image | None = None,
) -> Image:
    """Add an image to the library; return the existing row if the library has the same image.

    ``prepared`` is the result of ``prepare_image``, which is called if it is missing, and raises
    the exceptions.
    """
    image = prepared or prepare_image(file=file, by=by)
    if image.pk:
        return image
    image.title = (title.strip() or _title_from_name(file))[:200]
    image.alt, image.credit = alt.strip(), credit.strip()
    return _save(image, by)


def _store_versions(versions: process_pictures.Versions, upload_digest: str, by: User) -> Image:
    """Store the files of an image; return a row to save, or the row that has the same pixels.

    The files are written before the row: a row without files would break pages, whereas files
    without a row do no harm.
    """
    original = versions.original
    hashed = hashlib.sha256()
    for chunk in versions.chunks(original):
        hashed.update(chunk)
    digest = hashed.hexdigest()
    if existing := _existing(Image, Q(digest=digest)):
        return existing
    name = file_names.original(digest, original.suffix)
    names = {
        part: file_names.rendition(digest, part.width, part.suffix) for part in versions.renditions
    }
    for part, stored in [*names.items(), (original, name)]:
        files.put_chunks(default_storage, stored, part.size, versions.chunks(part))
    return Image(
        digest=digest,
        upload_digest=upload_digest,
        file=name,
        size=original.size,
        format=Image.Format.PNG if original.suffix == "png" else Image.Format.JPEG,
        width=versions.width,
        height=versions.height,
        widths=sorted({part.width for part in versions.renditions}),
        uploader=by,
    )


def prepare_attachment(*, file: Any, by: User) -> Attachment:
    """Examine a document and store its file; return a row to save, or that of the same document.

    Call it outside a transaction, because the examination takes time. Raises the same exceptions
    as ``prepare_image``.
    """
    _require_uploader(by)
    data = _read(file, documents.MAX_UPLOAD_BYTES)
    digest = hashlib.sha256(data).hexdigest()
    if existing := _existing(Attachment, Q(digest=digest)):
        return existing
    kind = documents.detect_kind(data)
    name = file_names.attachment(digest, kind)
    files.put(default_storage, name, data)
    return Attachment(
        digest=digest,
        upload_digest=digest,
        file=name,
        size=len(data),
        kind=kind,
        name=documents.clean_name(str(getattr(file, "name", "") or ""), kind),
        uploader=by,
        examination=process.inspect(data, kind).as_json(),
    )


def add_attachment(
    *, file: Any, by: User, title: str = "", prepared: Attachment | None = None
) -> Attachment:
    """Add a document to the library; return the existing row if the library has the same document.

    ``prepared`` is the result of ``prepare_attachment``, which is called if it is missing, and
    raises the exceptions.
    """
    attachment = prepared or prepare_attachment(file=file, by=by)
    if attachment.pk:
        return attachment
    attachment.title = (title.strip() or _title_from_name(file))[:200]
    return _save(attachment, by)


@transaction.atomic
def set_hidden(*, media_file: MediaFile, hidden: bool, by: User) -> None:
    """Hide a file, or make a hidden file available again.

    Nothing changes for readers: a hidden file can no longer be chosen or released, and public pages
    that use it keep it until their next release. A withdrawn file stays withdrawn.
    """
    _require_uploader(by)
    if (
        not type(media_file)
        ._base_manager.filter(pk=media_file.pk, hidden=not hidden)
        .update(hidden=hidden)
    ):
        return
    media_file.hidden = hidden
    log_event(action="library.hide" if hidden else "library.show", obj=media_file, actor=by)


def set_public_uses(
    *, owner: models.Model, images: Iterable[int], attachments: Mapping[int, str]
) -> None:
    """Replace the stored list of the images and attachments that an object uses in public.

    ``images`` are ids; ``attachments`` maps ids to the released file names. Call it in the
    transaction of a release or withdrawal, which has locked the owner's row, and enqueue the update
    of the public storage in the same transaction. Unknown ids are ignored.
    """
    owner_type = ContentType.objects.get_for_model(owner)
    uses = PublicUse.objects.filter(owner_type=owner_type, owner_id=owner.pk)
    new = []
    for field, model, wanted in (
        ("image_id", Image, set(images)),
        ("attachment_id", Attachment, set(attachments)),
    ):
        own = uses.exclude(**{field: None})
        own.exclude(**{f"{field}__in": wanted}).delete()
        stored = dict(own.values_list(field, "name"))
        if model is Attachment:
            for pk in sorted(pk for pk in stored if stored[pk] != attachments[pk]):
                own.filter(attachment_id=pk).update(name=attachments[pk])
        missing = wanted - set(stored)
        existing = model._base_manager.filter(pk__in=missing).values_list("pk", flat=True)
        new += [
            PublicUse(
                owner_type=owner_type,
                owner_id=owner.pk,
                name=attachments[pk] if model is Attachment else "",
                **{field: pk},
            )
            for pk in sorted(existing)
        ]
    PublicUse.objects.bulk_create(new, ignore_conflicts=True)


def _require_uploader(by: User) -> None:
    if not may_upload(by):
        raise PermissionDenied(
            _("Only editors, publishers and honours staff may change the library.")
        )


def _read(file: Any, limit: int) -> bytes:
    """Read the file up to one byte more than the limit, so that the caller can detect excess."""
    if hasattr(file, "seek"):
        file.seek(0)
    data = file.read(limit + 1)
    if not data:
        raise ValidationError(_("The file is empty. Choose another one."), code="empty")
    return data


def _title_from_name(file: Any) -> str:
    return PurePath(str(getattr(file, "name", "") or "").replace("\\", "/")).stem


def _existing(model: type[MediaFile], condition: Q) -> Any:
    """Return the row that matches the condition, or None.

    Raises ``ValidationError`` if the row is hidden or withdrawn: uploading a file does not make it
    available again.
    """
    existing = model._base_manager.filter(condition).order_by("pk").first()
    if existing is not None and existing.is_withdrawn:
        raise ValidationError(
            _(
                "This file is in the library (no. %(number)s), but was withdrawn. A publisher can "
                "bring it back there."
            )
            % {"number": existing.pk},
            code="withdrawn",
        )
    if existing is not None and existing.hidden:
        raise ValidationError(
            _(
                "This file is in the library (no. %(number)s), but was taken out of use. If it may "
                "be used again, open it in the library and bring it back."
            )
            % {"number": existing.pk},
            code="hidden",
        )
    return existing


def _save(media_file: Any, by: User) -> Any:
    try:
        with transaction.atomic():
            media_file.full_clean(
                exclude=["file"], validate_unique=False, validate_constraints=False
            )
            media_file.save(force_insert=True)
            log_event(
                action="library.add",
                obj=media_file,
                actor=by,
                details={"digest": media_file.digest, "size": media_file.size},
            )
    except IntegrityError:
        if existing := _existing(
            type(media_file), Q(digest=media_file.digest)
        ):  # another process added the same file first
            return existing
        raise
    media_file.is_new = True
    return media_file
