"""How a printed text is understood, said while it is typed."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from .forms import PARSERS
from .values import truncate_printed


@require_GET
def understand(request: HttpRequest, kind: str) -> JsonResponse:
    reader = PARSERS.get(kind)
    if reader is None:
        raise Http404
    text = truncate_printed(request.GET.get("text", ""))
    value = reader(text, truncate_printed(request.GET.get("unit", "")))
    answer: dict[str, Any] = {
        "printed": value.printed,
        "is_understood": value.is_understood,
        "reading": value.describe() if text else "",
        "parts": value.parts,
    }
    return JsonResponse(answer)
