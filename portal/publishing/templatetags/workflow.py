"""Template tags for the start page of the admin: open work of the user, and overdue items."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.http import HttpRequest

from .. import due, quotes, rules
from ..admin import PublishableAdmin
from ..admin_filters import content_type_of, waiting_for
from ..guards import publishable_models
from ..models import MediaProposal, Publishable, Revision
from ..states import RevisionState

register = template.Library()

#: Maximum number of objects of each model on the start page of the admin.
WAITING_LIMIT = 12
SCHEDULED_LIMIT = 6


@register.simple_tag(takes_context=True)
def waiting_work(context: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a dict with links and open work for each model that the user may read.

    Its key ``busy`` is true if any object is waiting, stale or scheduled.
    """
    request = context["request"]
    boxes = []
    for model in publishable_models():
        model_admin = _admin_of(model)
        if model_admin and model_admin.has_view_permission(request):
            boxes.append(_box(model_admin, request))
    return boxes


@register.simple_tag(takes_context=True)
def open_proposals(context: dict[str, Any]) -> list[MediaProposal]:
    """Return the joint changes that wait for a review or their release, oldest first."""
    rows = MediaProposal.objects.filter(state=MediaProposal.State.OPEN)
    rows = rows.select_related("image", "attachment").order_by("pk")[:WAITING_LIMIT]
    return rules.readable_proposals(context["request"].user, rows)


def _admin_of(model: type[Publishable]) -> PublishableAdmin | None:
    """Return the registered PublishableAdmin of a model, or None if it has none."""
    try:
        model_admin = admin.site.get_model_admin(model)
    except NotRegistered:
        return None
    return model_admin if isinstance(model_admin, PublishableAdmin) else None


def _box(model_admin: PublishableAdmin, request: HttpRequest) -> dict[str, Any]:
    """Return the links and the open work of one model, for its box on the admin's start page."""
    model = model_admin.model
    ids = waiting_for(request.user, model)[:WAITING_LIMIT]
    objects = model._default_manager.in_bulk(ids)
    open_work = Revision.objects.open().filter(content_type=content_type_of(model))
    by_object = {
        row.object_id: row
        for row in open_work.filter(object_id__in=ids).prefetch_related("reviews")
    }
    stale = model._default_manager.filter(pk__in=quotes.stale_sources(model)[:WAITING_LIMIT])
    scheduled = open_work.filter(state=RevisionState.SCHEDULED).select_related("content_type")
    box = {
        "name": model._meta.verbose_name_plural,
        "one": model._meta.verbose_name,
        "add_url": model_admin.url("add") if model_admin.has_add_permission(request) else "",
        "list_url": model_admin.url("changelist"),
        "waiting": [
            (objects[pk], by_object[pk], model_admin.url("change", objects[pk]))
            for pk in ids
            if pk in objects and pk in by_object
        ],
        "stale": [(obj, model_admin.url("change", obj)) for obj in stale],
        "scheduled": [
            (row.target, row, model_admin.url("change", row.object_id))
            for row in scheduled.order_by("due_at")[:SCHEDULED_LIMIT]
        ],
    }
    return {**box, "busy": any(box[part] for part in ("waiting", "stale", "scheduled"))}


@register.simple_tag(takes_context=True)
def overdue_work(context: dict[str, Any]) -> list[tuple]:
    """Return (kind, object, due time, reason, URL of its admin page) of each overdue item."""
    user = context["request"].user
    late = []
    for kind, obj, due_at, reason in due.overdue():
        model_admin = _admin_of(type(obj))
        if model_admin and rules.may_read_work(user, type(obj)):
            late.append((kind, obj, due_at, reason, model_admin.url("change", obj)))
    return late
