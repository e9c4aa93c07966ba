"""What public pages of every type do alike."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from .attached import AttachedPicture
from .models import Publishable
from .states import State


def gone(request: HttpRequest, obj: Publishable) -> HttpResponse:
    """410 for what the public could read once; for what it never could, nothing is said."""
    if obj.published_at is None or obj.state == State.UNRELEASED:
        raise Http404
    context = {"kind": obj.state, "reason": obj.notice, "since": obj.withdrawn_at}
    return render(request, "gone.html", context, status=410)


def visible_pictures(obj: Publishable) -> list[AttachedPicture]:
    """The pictures beside it that anybody may see. With ``prefetch_related``, no query."""
    return [row for row in obj.picture_rows.all() if not row.image.hidden]
