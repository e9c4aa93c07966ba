"""Admin views that export the ledger as a file or show it for printing."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import partial

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import transaction
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.rules import current_user
from portal.audit import actions as audit
from portal.interchange.downloads import table_response
from portal.publishing.admin import PublishableAdmin

from . import exporting
from .import_views import file_name, list_context
from .models import Honor


def export_urls() -> dict[str, tuple[str, Callable]]:
    """Return URL name -> (pattern, view), for ``PublishableAdmin.extra_list_views``."""
    return {
        "export-xlsx": ("export.xlsx", partial(export, kind="xlsx")),
        "export-csv": ("export.csv", partial(export, kind="csv")),
        "print": ("print/", print_ledger),
    }


def _without_paging(request: HttpRequest) -> HttpRequest:
    """Return a copy of the request without the parameters that select a page of the change list."""
    query = request.GET.copy()
    query.pop("p", None)
    query.pop("all", None)
    unpaged = copy(request)
    unpaged.GET = query  # type: ignore[assignment]  # a QueryDict that was copied is mutable
    return unpaged


def _filtered_honors(admin: PublishableAdmin, request: HttpRequest) -> QuerySet[Honor]:
    """Return the honours that the change list shows with the filters in the request."""
    return admin.get_changelist_instance(request).queryset.prefetch_related(None)


def export(admin: PublishableAdmin, request: HttpRequest, kind: str) -> HttpResponseBase:
    """Return the filtered ledger as an xlsx or csv download, and log the export."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    request = _without_paging(request)
    try:
        ids = list(_filtered_honors(admin, request).values_list("pk", flat=True))
    except IncorrectLookupParameters:
        return HttpResponseRedirect(reverse(admin.list_route) + "?e=1")
    title = _("Honours ledger, %(day)s") % {"day": timezone.localdate().isoformat()}
    response = table_response(
        lambda stream: exporting.write(stream, kind, ids), name=file_name(title), kind=kind
    )
    with transaction.atomic():
        audit.log_event(
            action="honors.export",
            actor=current_user(request),
            details={"rows": len(ids), "kind": kind, "filter": request.GET.urlencode()},
        )
    return response


def print_ledger(admin: PublishableAdmin, request: HttpRequest) -> HttpResponseBase:
    """Show the filtered ledger as a page for printing, grouped by year."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    request = _without_paging(request)
    list_url = reverse(admin.list_route)
    try:
        rows = _filtered_honors(admin, request).order_by("-working_year", "-pk")
        ids = list(rows.values_list("pk", flat=True)[: exporting.MAX_PRINTED_ROWS + 1])
    except IncorrectLookupParameters:
        return HttpResponseRedirect(list_url + "?e=1")
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    if len(ids) > exporting.MAX_PRINTED_ROWS:
        messages.error(
            request,
            _("More than %(count)s rows are too many to print. Filter the list, or export it.")
            % {"count": exporting.MAX_PRINTED_ROWS},
        )
        return HttpResponseRedirect(list_url + query)
    years = exporting.by_year(ids)
    context = {
        **list_context(admin, request),
        "title": _("Honours ledger"),
        "years": years,
        "totals": exporting.totals(years),
        "printed_on": timezone.localdate(),
        "filters": bool(request.GET),
        "back_url": list_url + query,
    }
    return TemplateResponse(request, "admin/honors/ledger.html", context)
