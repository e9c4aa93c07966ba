"""Actions of the library: add files, hide files, and store which public objects use them.

``withdrawal`` takes a file off the public pages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.actions import log_event
from portal.library import documents, file_names, files, image_processing
from portal.library.hidden_content import process
from portal.library.models import Attachment, Image, MediaFile, PublicUse
from portal.library.rules import may_upload


def add_image(*, file: Any, by: User, title: str = "", alt: str = "", credit: str = "") -> Image:
    """Add an image to the library; return the existing row if the library has the same image.

    ``file`` is any object with ``read()`` and, optionally, ``name``. Raises ``PermissionDenied``,
    and ``ValidationError`` with one sentence for the user if the file is not accepted or the same
    image is hidden.
    """
    _require_uploader(by)
    data = _read(file, image_processing.MAX_UPLOAD_BYTES)
    upload_digest = hashlib.sha256(data).hexdigest()
    if existing := _existing(Image, Q(upload_digest=upload_digest)):
        return existing
    decoded = image_processing.decode(data)
    if existing := _existing(Image, Q(digest=decoded.digest)):
        return existing
    # The files are written before the row: a row without files would break pages, whereas files
    # without a row do no harm.
    digest = decoded.digest
    widths: list[int] = []
    for width, suffix, small in image_processing.encode_renditions(decoded):
        files.put(default_storage, file_names.rendition(digest, width, suffix), small)
        if width not in widths:
            widths.append(width)
    name = file_names.original(digest, decoded.suffix)
    files.put(default_storage, name, decoded.data)
    return _save(
        Image(
            digest=digest,
            upload_digest=upload_digest,
            file=name,
            size=len(decoded.data),
            format=decoded.format,
            width=decoded.pixels.width,
            height=decoded.pixels.height,
            widths=widths,
            title=(title.strip() or _title_from_name(file))[:200],
            alt=alt.strip(),
            credit=credit.strip(),
            uploader=by,
        ),
        by,
    )


def add_attachment(*, file: Any, by: User, title: str = "") -> Attachment:
    """Add a document to the library; return the existing row if the library has the same document.

    Raises the same exceptions as ``add_image``.
    """
    _require_uploader(by)
    data = _read(file, documents.MAX_UPLOAD_BYTES)
    digest = hashlib.sha256(data).hexdigest()
    if existing := _existing(Attachment, Q(digest=digest)):
        return existing
    kind = documents.detect_kind(data)
    name = file_names.attachment(digest, kind)
    files.put(default_storage, name, data)
    return _save(
        Attachment(
            digest=digest,
            upload_digest=digest,
            file=name,
            size=len(data),
            kind=kind,
            name=documents.clean_name(str(getattr(file, "name", "") or ""), kind),
            title=(title.strip() or _title_from_name(file))[:200],
            uploader=by,
            examination=process.inspect(data, kind).as_json(),
        ),
        by,
    )


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
