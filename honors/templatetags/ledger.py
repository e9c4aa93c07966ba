"""A template tag for the start page of the staff admin: re-evaluations that are due."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import template
from django.contrib import admin
from django.utils import timezone

from portal.publishing import rules
from portal.publishing.states import State

from ..admin import REMINDER_DAYS
from ..current_content import current_contents
from ..models import Honor

register = template.Library()

MAX_DISPLAYED = 12
#: Maximum number of honours that are loaded, of which rescinded honours are then left out.
MAX_LOADED = 200


@register.simple_tag(takes_context=True)
def honors_due(context: dict[str, Any]) -> dict[str, Any]:
    """Return the honours due for re-evaluation, soonest first; {} for users who may not write."""
    if not rules.may_write(context["request"].user, Honor):
        return {}
    today = timezone.localdate()
    rows = (
        Honor.objects.filter(working_reevaluation_on__lte=today + timedelta(days=REMINDER_DAYS))
        .exclude(state=State.ARCHIVED)
        .order_by("working_reevaluation_on", "pk")
        .only("pk", "working_title", "name", "working_reevaluation_on")[:MAX_LOADED]
    )
    loaded = list(rows)
    fields = current_contents(honor.pk for honor in loaded)
    due = [honor for honor in loaded if not fields[honor.pk]["rescinded"]]
    model_admin: Any = admin.site.get_model_admin(Honor)
    return {
        "entries": [
            (honor, day < today, model_admin.url("change", honor))
            for honor in due[:MAX_DISPLAYED]
            if (day := honor.working_reevaluation_on)
        ],
        "more": len(due) - MAX_DISPLAYED if len(due) > MAX_DISPLAYED else 0,
        "list_url": model_admin.url("changelist"),
    }
