"""What the desk's first page shows: the work that waits for the person who signed in."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib import admin

from .. import due, rules
from ..admin import PublishableAdmin, waiting_for
from ..guards import publishables
from ..models import Revision
from ..states import RevisionState

register = template.Library()


@register.simple_tag(takes_context=True)
def desk_waiting(context: dict[str, Any]) -> list[dict[str, Any]]:
    """For each type this person reads: where to write, what waits, what is under way."""
    user = context["request"].user
    boxes = []
    for model in publishables():
        desk = admin.site._registry.get(model)
        if not isinstance(desk, PublishableAdmin) or not rules.may_read_work(user, model):
            continue
        ids = waiting_for(user, model)[:12]
        objects = model._default_manager.in_bulk(ids)
        content_type = model._meta.get_field("revisions").get_content_type()
        open_work = Revision.objects.open().filter(content_type=content_type)
        by_object = {
            row.object_id: row
            for row in open_work.filter(object_id__in=ids).prefetch_related("reviews")
        }
        boxes.append(
            {
                "name": model._meta.verbose_name_plural,
                "add_url": desk.url("add") if rules.writes(user, model) else "",
                "list_url": desk.url("changelist"),
                "waiting": [
                    (objects[pk], by_object[pk], desk.url("change", objects[pk]))
                    for pk in ids
                    if pk in objects and pk in by_object
                ],
                "scheduled": [
                    (row.target, row, desk.url("change", row.object_id))
                    for row in open_work.filter(state=RevisionState.SCHEDULED)
                    .select_related("content_type")
                    .order_by("due_at")[:6]
                ],
            }
        )
    return boxes


@register.simple_tag(takes_context=True)
def desk_overdue(context: dict[str, Any]) -> list[tuple]:
    """What was due and has not happened, with the reason and the page where to mend it."""
    user = context["request"].user
    late = []
    for kind, obj, due_at, reason in due.overdue():
        desk = admin.site._registry.get(type(obj))
        if isinstance(desk, PublishableAdmin) and rules.may_read_work(user, type(obj)):
            late.append((kind, obj, due_at, reason, desk.url("change", obj)))
    return late
