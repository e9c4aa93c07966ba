"""Admin pages to choose public objects: targets of references, and figures to quote.

They show public objects only, so every user who may write any publishable model can use them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce, wraps
from operator import or_
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin import widgets
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.accounts.rules import current_user
from portal.http.parameters import parse_number

from . import references, rules
from .guards import publishable_models
from .models import Publishable

PER_PAGE = 20


class PublicObjectSelect(widgets.AutocompleteSelectMultiple):
    """Django's autocomplete widget for the public objects of a model in another app."""

    def __init__(self, model: type[Publishable], admin_site: admin.AdminSite) -> None:
        # The base class expects a relation field, of which it reads only these attributes.
        relation = SimpleNamespace(field_name=model._meta.pk.name, model=model)
        field = SimpleNamespace(model=model, name="", remote_field=relation)
        super().__init__(field, admin_site)

    def get_url(self) -> str:
        return reverse("choosing:targets")


def writers_only(view: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Admit only users who may write any publishable model."""

    @wraps(view)
    def check_permission(request: HttpRequest) -> HttpResponse:
        if not any(rules.may_write(current_user(request), model) for model in publishable_models()):
            raise PermissionDenied
        return view(request)

    return admin.site.admin_view(check_permission)


@writers_only
def targets(request: HttpRequest) -> HttpResponse:
    """Return the search results for the autocomplete widget of a reference, in Django's format."""
    label = ".".join(request.GET.get(key, "") for key in ("app_label", "model_name"))
    if not references.is_link_target(label):
        raise Http404
    rows = _matching(apps.get_model(label), request.GET.get("term", ""))
    number = parse_number(request.GET.get("page", ""), max_digits=3) or 1
    start = (number - 1) * PER_PAGE
    found = list(rows[start : start + PER_PAGE + 1])
    return JsonResponse(
        {
            "results": [{"id": str(obj.pk), "text": str(obj)} for obj in found[:PER_PAGE]],
            "pagination": {"more": len(found) > PER_PAGE},
        }
    )


@writers_only
def figures(request: HttpRequest) -> HttpResponse:
    """Show the popup window in which a writer chooses a figure to quote in a text."""
    words = request.GET.get("q", "").strip()[:100]
    items = [
        {
            "key": f"{obj._meta.label_lower}:{obj.pk}",
            "text": obj.quoted_text,
            "title": str(obj),
        }
        for model in publishable_models()
        if model.is_quotable
        for obj in _matching(model, words)[:100]
        if obj.quoted_text
    ]
    context = {
        **admin.site.each_context(request),
        "is_popup": True,
        "title": _("Insert a figure"),
        "words": words,
        "items": items,
    }
    return render(request, "admin/publishing/figures.html", context)


def _matching(model: type[Publishable], words: str) -> QuerySet[Any]:
    """Return the public objects whose public columns contain every word, newest first."""
    rows = model._default_manager.readable().newest_first()
    for word in words.split()[:8]:
        conditions = [Q(**{f"{name}__icontains": word[:50]}) for name in model.public_search_fields]
        rows = rows.filter(reduce(or_, conditions))
    return rows
