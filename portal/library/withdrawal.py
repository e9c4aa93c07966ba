"""The actions that take a file off every public page at once, and bring it back.

They are to a file what the withdrawal is to a text: an action of its own, with a reason that
readers see, a right, an audit entry and a notice in the file's place. Every other change in the
library reaches readers only by a release.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.actions import log_event
from portal.library import media_sync
from portal.library.models import Image, MediaFile
from portal.library.rules import may_withdraw
from portal.library.signals import withdrawal_changed

#: Maximum length of the reason, equal to that of the column ``notice``.
MAX_REASON_LENGTH = 300


@transaction.atomic
def withdraw(*, media_file: MediaFile, by: User, reason: str) -> None:
    """Take a file off all public pages, which show the reason in its place.

    The file is deleted from the public storage and the stored pages become invalid, both in effect
    before the action is acknowledged. Raises ``PermissionDenied``, or ``ValidationError`` with one
    sentence for the user.
    """
    _require_right(by)
    reason = reason.strip()
    if not reason:
        raise ValidationError(_("Give the reason; readers see it in place of the file."))
    if len(reason) > MAX_REASON_LENGTH:
        raise ValidationError(_("Keep the reason within 300 characters."))
    now = timezone.now()
    changed = _rows(media_file).filter(withdrawn_at=None).update(withdrawn_at=now, notice=reason)
    if not changed:
        raise ValidationError(_("This file is withdrawn already."))
    media_file.withdrawn_at, media_file.notice = now, reason
    _follow_up(media_file)
    log_event(action="library.withdraw", obj=media_file, actor=by, details={"reason": reason})


@transaction.atomic
def reinstate(*, media_file: MediaFile, by: User) -> None:
    """Show a withdrawn file again on the public pages whose released content contains it."""
    _require_right(by)
    changed = _rows(media_file).exclude(withdrawn_at=None).update(withdrawn_at=None, notice="")
    if not changed:
        raise ValidationError(_("This file is not withdrawn."))
    reason, media_file.withdrawn_at, media_file.notice = media_file.notice, None, ""
    _follow_up(media_file)
    log_event(
        action="library.reinstate", obj=media_file, actor=by, details={"withdrawn_for": reason}
    )


def _require_right(by: User) -> None:
    if not may_withdraw(by):
        raise PermissionDenied(_("Only publishers may withdraw a file or bring it back."))


def _rows(media_file: MediaFile) -> Any:
    return type(media_file)._base_manager.filter(pk=media_file.pk)


def _follow_up(media_file: MediaFile) -> None:
    """Update what depends on it: the public storage, the search index, the stored pages."""
    ids = {"images" if isinstance(media_file, Image) else "attachments": [media_file.pk]}
    media_sync.enqueue(**ids)
    withdrawal_changed.send(sender=type(media_file), media_file=media_file)
