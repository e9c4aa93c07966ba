"""Examination of attachments for hidden content, and cleaned copies of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

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

log = logging.getLogger(__name__)


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


def examine_pending(*, limit: int | None = None, after: int = 0) -> Iterator[Attachment]:
    """Examine the attachments that an earlier version of the portal stored; yield each.

    At most ``limit`` attachments with a higher id than ``after`` are examined. One whose file
    cannot be read is yielded as it is, to be tried again: its folder may be away for a while.
    """
    pending = Attachment.objects.filter(examination__isnull=True, pk__gt=after).order_by("pk")
    for attachment in pending[:limit]:
        try:
            with default_storage.open(attachment.public_file_names[0]) as file:
                data = file.read()
        except OSError as error:
            log.warning("Attachment %s cannot be examined: %s", attachment.pk, error)
        else:
            _store(attachment, process.inspect(data, attachment.kind))
        yield attachment


class PendingExaminer:
    """Examiner of pending attachments in steps, so that each step is short.

    It goes on where the last step ended; attachments that could not be read come again after all
    others.
    """

    def __init__(self) -> None:
        self._last = 0

    def step(self, *, limit: int, is_stopped: Callable[[], bool] = lambda: False) -> list[int]:
        """Examine at most ``limit`` attachments; return their ids."""
        examined = []
        for attachment in examine_pending(limit=limit, after=self._last):
            examined.append(attachment.pk)
            self._last = attachment.pk
            if is_stopped():
                break
        if not examined:
            self._last = 0
        return examined


def _store(attachment: Attachment, result: process.Examination) -> None:
    attachment.examination = result.as_json()
    Attachment.objects.filter(pk=attachment.pk).update(examination=attachment.examination)
