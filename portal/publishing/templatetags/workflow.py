"""What the desk's first page shows: the work that waits for the person who signed in."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib import admin
from django.http import HttpRequest

from .. import due, quotes, rules
from ..admin import PublishableAdmin, waiting_for
from ..guards import publishable_models
from ..models import Revision
from ..states import RevisionState

register = template.Library()


@register.simple_tag(takes_context=True)
def waiting_work(context: dict[str, Any]) -> list[dict[str, Any]]:
    """For each type this person reads: where to write, what waits, what is under way.

    A box is ``busy`` where there is anything to see in it.
    """
    request = context["request"]
    boxes = []
    for model in publishable_models():
        desk = admin.site._registry.get(model)
        if isinstance(desk, PublishableAdmin) and desk.has_view_permission(request):
            boxes.append(_box(desk, request))
    return boxes


def _box(desk: PublishableAdmin, request: HttpRequest) -> dict[str, Any]:
    model = desk.model
    ids = waiting_for(request.user, model)[:12]
    objects = model._default_manager.in_bulk(ids)
    content_type = model._meta.get_field("revisions").get_content_type()
    open_work = Revision.objects.open().filter(content_type=content_type)
    by_object = {
        row.object_id: row
        for row in open_work.filter(object_id__in=ids).prefetch_related("reviews")
    }
    stale = model._default_manager.filter(pk__in=quotes.stale_sources(model)[:12])
    scheduled = open_work.filter(state=RevisionState.SCHEDULED).select_related("content_type")
    box = {
        "name": model._meta.verbose_name_plural,
        "one": model._meta.verbose_name,
        "add_url": desk.url("add") if desk.has_add_permission(request) else "",
        "list_url": desk.url("changelist"),
        "waiting": [
            (objects[pk], by_object[pk], desk.url("change", objects[pk]))
            for pk in ids
            if pk in objects and pk in by_object
        ],
        "stale": [(obj, desk.url("change", obj)) for obj in stale],
        "scheduled": [
            (row.target, row, desk.url("change", row.object_id))
            for row in scheduled.order_by("due_at")[:6]
        ],
    }
    return {**box, "busy": any(box[part] for part in ("waiting", "stale", "scheduled"))}


@register.simple_tag(takes_context=True)
def overdue_work(context: dict[str, Any]) -> list[tuple]:
    """What was due and has not happened, with the reason and the page where to mend it."""
    user = context["request"].user
    late = []
    for kind, obj, due_at, reason in due.overdue():
        desk = admin.site._registry.get(type(obj))
        if isinstance(desk, PublishableAdmin) and rules.may_read_work(user, type(obj)):
            late.append((kind, obj, due_at, reason, desk.url("change", obj)))
    return late
