"""The library's verbs: add, hide, and say what the public uses."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
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
from portal.library import documents, files, media_sync, names, pictures
from portal.library.models import Attachment, Image, MediaFile, PublicUse
from portal.library.rules import may_upload
from portal.library.signals import hidden_changed


def add_image(*, file: Any, by: User, title: str = "", alt: str = "", credit: str = "") -> Image:
    """Take a picture into the library; the same picture twice is one row.

    ``file`` is anything with ``read()`` and perhaps a ``name``.
    """
    _require_uploader(by)
    data = _read(file, pictures.MAX_BYTES)
    upload_digest = hashlib.sha256(data).hexdigest()
    if found := _found(Image, Q(upload_digest=upload_digest)):
        return found
    picture = pictures.read(data)
    if found := _found(Image, Q(digest=picture.digest)):
        return found
    # Files before the row: a row without its files would be seen, files without a row are not.
    digest = picture.digest
    widths: list[int] = []
    for width, suffix, small in pictures.renditions(picture):
        files.put(default_storage, names.rendition(digest, width, suffix), small)
        if width not in widths:
            widths.append(width)
    name = names.original(digest, picture.suffix)
    files.put(default_storage, name, picture.data)
    return _keep(
        Image(
            digest=digest,
            upload_digest=upload_digest,
            file=name,
            size=len(picture.data),
            format=picture.format,
            width=picture.pixels.width,
            height=picture.pixels.height,
            widths=widths,
            title=(title.strip() or _stem(file))[:200],
            alt=alt.strip(),
            credit=credit.strip(),
            uploader=by,
        ),
        by,
    )


def add_attachment(*, file: Any, by: User, title: str = "") -> Attachment:
    """Take a document into the library; the same document twice is one row."""
    _require_uploader(by)
    data = _read(file, documents.MAX_BYTES)
    digest = hashlib.sha256(data).hexdigest()
    if found := _found(Attachment, Q(digest=digest)):
        return found
    kind = documents.kind_of(data)
    name = names.attachment(digest, kind)
    files.put(default_storage, name, data)
    return _keep(
        Attachment(
            digest=digest,
            upload_digest=digest,
            file=name,
            size=len(data),
            kind=kind,
            name=documents.clean_name(str(getattr(file, "name", "") or ""), kind),
            title=(title.strip() or _stem(file))[:200],
            uploader=by,
        ),
        by,
    )


@transaction.atomic
def set_hidden(*, media_file: MediaFile, hidden: bool, by: User) -> None:
    """Take something out of use, or bring it back. Public pages follow after the commit."""
    _require_uploader(by)
    if (
        not type(media_file)
        ._base_manager.filter(pk=media_file.pk, hidden=not hidden)
        .update(hidden=hidden)
    ):
        return
    media_file.hidden = hidden
    kept = {"images" if isinstance(media_file, Image) else "attachments": [media_file.pk]}
    media_sync.enqueue(**kept)
    hidden_changed.send(sender=type(media_file), media_file=media_file)
    log_event(action="library.hide" if hidden else "library.show", obj=media_file, actor=by)


def set_public_uses(
    *, owner: models.Model, images: Iterable[int], attachments: Iterable[int]
) -> None:
    """Write down what an object uses in public; all of it, every time.

    Called inside the transaction of a release or withdrawal, which holds the owner's lock;
    ``media_sync.resync`` follows after the commit. What the library does not hold is passed over.
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
        missing = wanted - set(own.values_list(field, flat=True))
        existing = model._base_manager.filter(pk__in=missing).values_list("pk", flat=True)
        new += [
            PublicUse(owner_type=owner_type, owner_id=owner.pk, **{field: pk})
            for pk in sorted(existing)
        ]
    PublicUse.objects.bulk_create(new, ignore_conflicts=True)


def _require_uploader(by: User) -> None:
    if not may_upload(by):
        raise PermissionDenied(
            _("Only editors, publishers and honours staff may change the library.")
        )


def _read(file: Any, limit: int) -> bytes:
    """Read no more than the limit and one byte, which tells that it was passed."""
    if hasattr(file, "seek"):
        file.seek(0)
    data = file.read(limit + 1)
    if not data:
        raise ValidationError(_("The file is empty. Choose another one."), code="empty")
    return data


def _stem(file: Any) -> str:
    return PurePath(str(getattr(file, "name", "") or "").replace("\\", "/")).stem


def _found(model: type[MediaFile], condition: Q) -> Any:
    """The row there is already; one that was taken out of use is not brought back by the way."""
    found = model._base_manager.filter(condition).order_by("pk").first()
    if found is not None and found.hidden:
        raise ValidationError(
            _(
                "This file is in the library (no. %(number)s), but was taken out of use. If it may "
                "be used again, open it in the library and bring it back."
            )
            % {"number": found.pk},
            code="hidden",
        )
    return found


def _keep(media_file: Any, by: User) -> Any:
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
        if found := _found(
            type(media_file), Q(digest=media_file.digest)
        ):  # somebody else was quicker
            return found
        raise
    media_file.is_new = True
    return media_file
