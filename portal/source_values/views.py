"""The endpoint that returns the meaning of a printed text while an editor types it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from .forms import PARSERS
from .values import truncate_printed


@require_GET
def understand(request: HttpRequest, kind: str) -> JsonResponse:
    """Return the meaning of ``?text=`` as JSON; ``?unit=`` is its unit if the text prints none."""
    parse = PARSERS.get(kind)
    if parse is None:
        raise Http404
    text = truncate_printed(request.GET.get("text", ""))
    value = parse(text, truncate_printed(request.GET.get("unit", "")))
    answer: dict[str, Any] = {
        "printed": value.printed,
        "is_understood": value.is_understood,
        "reading": value.describe() if text else "",
        "parts": value.parts,
    }
    return JsonResponse(answer)
