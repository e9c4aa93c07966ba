"""What public pages of every type do alike."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from .models import Publishable
from .states import State


def gone(request: HttpRequest, obj: Publishable) -> HttpResponse:
    """410 for what the public could read once; for what it never could, nothing is said."""
    if obj.published_at is None or obj.state == State.UNRELEASED:
        raise Http404
    context = {"kind": obj.state, "reason": obj.notice, "since": obj.withdrawn_at}
    return render(request, "gone.html", context, status=410)
