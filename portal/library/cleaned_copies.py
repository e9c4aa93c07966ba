"""Examination of attachments for hidden content, and cleaned copies of them."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.actions import log_event
from portal.library.actions import add_attachment
from portal.library.hidden_content import messages, process
from portal.library.models import Attachment
from portal.library.rules import may_upload


def add_cleaned_copy(*, attachment: Attachment, by: User) -> Attachment:
    """Add a copy without hidden content and personal data to the library.

    The visible text of the copy was compared with that of the file. Raises ``PermissionDenied``,
    and ``ValidationError`` with one sentence for the user if no copy can be made.
    """
    if not may_upload(by):
        raise PermissionDenied(_("Only editors, publishers and honours staff may clean a file."))
    with default_storage.open(attachment.public_file_names[0]) as file:
        result = process.clean(file.read(), attachment.kind)
    _store(attachment, result)
    if not result.found:
        raise ValidationError(_("Nothing is hidden in this file: it needs no cleaned copy."))
    if result.obstacles:
        raise ValidationError(
            _("No cleaned copy can be made. %(reason)s")
            % {"reason": messages.describe_obstacles(result.obstacles)}
        )
    with transaction.atomic():
        copy = add_attachment(
            file=ContentFile(result.cleaned, name=attachment.name), by=by, title=attachment.title
        )
        if copy.cleaned_from_id is None and copy.pk != attachment.pk:
            Attachment.objects.filter(pk=copy.pk).update(cleaned_from=attachment)
            copy.cleaned_from = attachment
        log_event(
            action="library.clean",
            obj=attachment,
            actor=by,
            details={"copy": copy.pk, "digest": copy.digest, "removed": result.found},
        )
    return copy


def examine_pending() -> Iterator[Attachment]:
    """Examine the attachments that were uploaded before there were examinations; yield each."""
    for attachment in Attachment.objects.filter(examination__isnull=True).order_by("pk").iterator():
        try:
            with default_storage.open(attachment.public_file_names[0]) as file:
                result = process.inspect(file.read(), attachment.kind)
        except OSError:
            result = process.UNREADABLE
        _store(attachment, result)
        yield attachment


def _store(attachment: Attachment, result: process.Examination) -> None:
    attachment.examination = result.as_json()
    Attachment.objects.filter(pk=attachment.pk).update(examination=attachment.examination)
