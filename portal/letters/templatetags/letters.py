"""What the desk's first page says of the letters."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone

from portal.accounts.rules import has_any_role

from ..admin_views import url
from ..models import Letter
from ..rules import HANDLER_ROLES
from ..states import State

register = template.Library()

SHOWN = 12
#: More than these nobody works through from the first page; the list has them all.
LOOKED_AT = 200


@register.simple_tag(takes_context=True)
def letters_due(context: dict[str, Any]) -> dict[str, Any]:
    """The letters that should be answered by now, the oldest first, and how many nobody has taken
    in hand; for those who handle them."""
    if not has_any_role(context["request"].user, HANDLER_ROLES):
        return {}
    late = Letter.objects.overdue(timezone.localdate()).order_by("sort_key", "pk")
    found = list(late.only("pk", "kind", "due_on", "state")[:LOOKED_AT])
    return {
        "lines": [(letter, url("change", letter.pk)) for letter in found[:SHOWN]],
        "more": max(0, len(found) - SHOWN),
        "new": Letter.objects.filter(state=State.NEW)[:LOOKED_AT].count(),
        "list_url": reverse("admin:letters_letter_changelist"),
    }
