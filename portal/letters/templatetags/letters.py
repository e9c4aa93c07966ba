"""Template tag that lists the letters to handle on the admin's index page."""

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

#: Maximum number of overdue letters that the index page lists.
DISPLAY_LIMIT = 12
#: Maximum number of letters that are read and counted; the admin's list shows all of them.
QUERY_LIMIT = 200


@register.simple_tag(takes_context=True)
def letters_due(context: dict[str, Any]) -> dict[str, Any]:
    """Return the overdue letters, oldest first, and the number of new letters.

    Returns an empty dict for users who may not handle letters.
    """
    if not has_any_role(context["request"].user, HANDLER_ROLES):
        return {}
    late = Letter.objects.overdue(timezone.localdate()).order_by("sort_key", "pk")
    found = list(late.only("pk", "kind", "due_on", "state")[:QUERY_LIMIT])
    return {
        "lines": [(letter, url("change", letter.pk)) for letter in found[:DISPLAY_LIMIT]],
        "more": max(0, len(found) - DISPLAY_LIMIT),
        "new": Letter.objects.filter(state=State.NEW)[:QUERY_LIMIT].count(),
        "list_url": reverse("admin:letters_letter_changelist"),
    }
