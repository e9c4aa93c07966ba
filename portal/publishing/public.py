"""Helpers for the public pages of all publishable models."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from .attached import AttachedPicture
from .models import Publishable
from .states import State


def gone(request: HttpRequest, obj: Publishable) -> HttpResponse:
    """Return status 410 for an object that was public before, or else raise Http404."""
    if obj.published_at is None or obj.state == State.UNRELEASED:
        raise Http404
    context = {"kind": obj.state, "reason": obj.notice, "since": obj.withdrawn_at}
    return render(request, "gone.html", context, status=410)


def visible_pictures(obj: Publishable) -> list[AttachedPicture]:
    """Return the attached images that are not withdrawn; prefetched rows need no database query."""
    return [row for row in obj.picture_rows.all() if not row.image.is_withdrawn]
