"""How a printed text is understood, said while it is typed."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from .forms import READERS
from .values import shortened


@require_GET
def understand(request: HttpRequest, kind: str) -> JsonResponse:
    reader = READERS.get(kind)
    if reader is None:
        raise Http404
    text = shortened(request.GET.get("text", ""))
    value = reader(text, shortened(request.GET.get("unit", "")))
    answer: dict[str, Any] = {
        "printed": value.printed,
        "understood": value.understood,
        "reading": value.reading() if text else "",
        "parts": value.parts,
    }
    return JsonResponse(answer)
