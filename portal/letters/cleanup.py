"""Daily deletion of expired contact data and of expired counters of the rate limits."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from portal.audit import actions as audit

from .models import Attempt, Letter, LetterSettings
from .states import SETTLED

_CONTACT = ("name", "phone", "email")


def erase_expired() -> int:
    """Delete expired counters, and erase the contact data of letters settled ``contact_days`` ago.

    Returns the number of changed letters. The command ``run_due`` calls it daily; it is idempotent.
    """
    now = timezone.now()
    Attempt.objects.filter(until__lt=now).delete()
    before = now - timedelta(days=LetterSettings.load().contact_days)
    empty = dict.fromkeys(_CONTACT, "")
    with transaction.atomic():
        old = Letter.objects.filter(state__in=sorted(SETTLED), finished_at__lt=before)
        count = old.filter(~Q(**empty)).update(**empty)
        if count:
            audit.log_event(
                action="letters.erase", actor_label="run_due", details={"letters": count}
            )
    return count
