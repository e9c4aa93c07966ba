"""What the desk's first page says of the ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import template
from django.contrib import admin
from django.utils import timezone

from portal.publishing import rules
from portal.publishing.states import State

from ..admin import REMIND_DAYS
from ..ledger import desk_contents
from ..models import Honor

register = template.Library()

SHOWN = 12
#: More than these nobody works through from the first page; the list has them all.
LOOKED_AT = 200


@register.simple_tag(takes_context=True)
def honors_due(context: dict[str, Any]) -> dict[str, Any]:
    """The titles that are to be evaluated again, for those who keep the ledger; soonest first."""
    if not rules.may_write(context["request"].user, Honor):
        return {}
    today = timezone.localdate()
    rows = (
        Honor.objects.filter(working_reevaluation_on__lte=today + timedelta(days=REMIND_DAYS))
        .exclude(state=State.ARCHIVED)
        .order_by("working_reevaluation_on", "pk")
        .only("pk", "working_title", "name", "working_reevaluation_on")[:LOOKED_AT]
    )
    found = list(rows)
    standing = desk_contents(honor.pk for honor in found)
    due = [honor for honor in found if not standing[honor.pk]["rescinded"]]
    desk: Any = admin.site._registry[Honor]
    return {
        "lines": [
            (honor, day < today, desk.url("change", honor))
            for honor in due[:SHOWN]
            if (day := honor.working_reevaluation_on)
        ],
        "more": len(due) - SHOWN if len(due) > SHOWN else 0,
        "list_url": desk.url("changelist"),
    }
