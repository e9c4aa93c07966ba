"""The pages of the whole ledger at the desk: import, export, print."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.rules import current_user
from portal.audit import actions as audit
from portal.http import media_types
from portal.publishing import rules
from portal.publishing.errors import NotAllowed, Refused

from . import exporting, importing, sheet
from .importing import Outcome
from .models import Honor, Import

if TYPE_CHECKING:
    from .admin import HonorAdmin

PER_PAGE = 100
RECENT = 10
_TYPES = {
    "xlsx": media_types.XLSX,
    "csv": media_types.utf8(media_types.CSV),
}


def pages() -> dict[str, tuple[str, Callable]]:
    """name -> (pattern, view), for ``PublishableAdmin.extra_list_views``."""
    return {
        "import": ("import/", import_page),
        "import-template": ("import/template.xlsx", template),
        "import-preview": ("import/<int:number>/", preview),
        "import-found": ("import/<int:number>/found.xlsx", found_sheet),
        "import-confirm": ("import/<int:number>/confirm/", confirm),
        "import-discard": ("import/<int:number>/discard/", discard),
        "export-xlsx": ("export.xlsx", lambda admin, request: export(admin, request, "xlsx")),
        "export-csv": ("export.csv", lambda admin, request: export(admin, request, "csv")),
        "print": ("print/", printed),
    }


def for_writers(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def asked(admin: HonorAdmin, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not rules.may_write(request.user, Honor):
            raise PermissionDenied
        return view(admin, request, **kwargs)

    return asked


# --- import --------------------------------------------------------------------------------------


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("The filled-in sheet"),
        allow_empty_file=True,  # the reader says it better
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        error_messages={"required": gettext_lazy("Choose the file to upload.")},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > importing.MAX_BYTES:
            raise forms.ValidationError(
                _("The file is larger than 20 MB. Divide the table into several files.")
            )
        return file


@for_writers
def import_page(admin: HonorAdmin, request: HttpRequest) -> HttpResponseBase:
    """Choose a file. What is wrong with it as a whole is said here, and nothing is kept."""
    form = UploadForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            found = importing.upload(data=file.read(), name=file.name, by=current_user(request))
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return HttpResponseRedirect(admin.url("import-preview", found.pk))
    recent = Import.objects.defer("plan", "created_ids").select_related("uploaded_by")
    context = {
        **_context(admin, request),
        "title": _("Import from a sheet"),
        "form": form,
        "columns": [
            (column.header, column.required or column.name == "name", sheet.EXAMPLES[column.name])
            for column in sheet.COLUMNS
        ],
        "recent": [
            (each, admin.url("import-preview", each.pk)) for each in recent.order_by("-pk")[:RECENT]
        ],
        "template_url": admin.url("import-template"),
        "limit": importing.MAX_ROWS,
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "admin/honors/import.html", context, status=status)


@for_writers
def template(admin: HonorAdmin, request: HttpRequest) -> HttpResponseBase:
    return _file(request, "xlsx", _("Honours ledger, to be filled in"), exporting.write_template)


@for_writers
def preview(admin: HonorAdmin, request: HttpRequest, number: int) -> HttpResponseBase:
    """Row by row: what would be imported, what is left alone and why, what is to be mended."""
    found = get_object_or_404(Import.objects.select_related("uploaded_by"), pk=number)
    shown = request.GET.get("show", "")
    lines = [line for line in found.plan if shown in {"", line["outcome"]}]
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    batch = f"{reverse(admin.list_route)}?import={found.pk}"
    context = {
        **_context(admin, request),
        "title": (
            _("Check before the import: %(name)s") % {"name": found.name}
            if found.state == Import.State.PREVIEWED
            else found.name
        ),
        "found": found,
        "totals": _totals(found),
        "shown": shown,
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "warned": sum(bool(line["notes"]) for line in found.plan if line["outcome"] == "new"),
        "mine": found.uploaded_by_id == current_user(request).pk,
        "import_url": admin.url("import"),
        "confirm_url": admin.url("import-confirm", found.pk),
        "discard_url": admin.url("import-discard", found.pk),
        "found_url": admin.url("import-found", found.pk),
        "honor_url": admin.url("change", 0),
        "batch_url": batch,
        "drafts_url": f"{batch}&waiting=draft",
    }
    for line in page.object_list:
        if line["outcome"] == Outcome.SAME:
            line["url"] = admin.url("change", line["other"])
    return TemplateResponse(request, "admin/honors/preview.html", context)


def _totals(found: Import) -> list[tuple[str, str, int, str]]:
    """(outcome, label, count, what it means)."""
    if found.state == Import.State.DONE:
        new = _("imported as drafts")
    elif found.error_count:
        new = _("to be imported once the errors are mended")
    else:
        new = _("would be imported as drafts")
    return [
        ("", _("Rows in the sheet"), found.row_count, ""),
        ("error", _("With errors"), found.error_count, _("to be mended in the sheet")),
        ("new", _("New"), found.new_count, new),
        ("same", _("In the ledger already"), found.same_count, _("left alone")),
        (
            "duplicate",
            _("Twice in the sheet"),
            found.duplicate_count,
            _("only the first one counts"),
        ),
    ]


@for_writers
def found_sheet(admin: HonorAdmin, request: HttpRequest, number: int) -> HttpResponseBase:
    """The uploaded sheet with a remark beside each row."""
    found = get_object_or_404(Import, pk=number)
    try:
        data = importing.stored(found)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(admin.url("import-preview", found.pk))
    title = _("%(name)s, checked") % {"name": re.sub(r"\.[a-z]+$", "", found.name)}
    return _file(
        request, "xlsx", title, lambda stream: exporting.write_found(stream, data, found.plan)
    )


@for_writers
def confirm(admin: HonorAdmin, request: HttpRequest, number: int) -> HttpResponseBase:
    found = get_object_or_404(Import.objects.defer("plan"), pk=number)
    if request.method == "POST":
        try:
            done = importing.confirm(found=found, by=current_user(request))
        except NotAllowed as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, _("Imported: %(count)s drafts.") % {"count": len(done.created_ids)}
            )
    return HttpResponseRedirect(admin.url("import-preview", found.pk))


@for_writers
def discard(admin: HonorAdmin, request: HttpRequest, number: int) -> HttpResponseBase:
    found = get_object_or_404(Import.objects.defer("plan"), pk=number)
    if request.method != "POST":
        return HttpResponseRedirect(admin.url("import-preview", found.pk))
    try:
        importing.discard(found=found, by=current_user(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(admin.url("import-preview", found.pk))
    messages.info(request, _("Put aside; nothing was imported."))
    return HttpResponseRedirect(admin.url("import"))


# --- export and print ----------------------------------------------------------------------------


def listed(admin: HonorAdmin, request: HttpRequest) -> QuerySet[Honor]:
    """What the change list shows under the same parameters, all its pages."""
    query = request.GET.copy()
    query.pop("p", None)
    query.pop("all", None)
    request.GET = query  # type: ignore[assignment]
    return admin.get_changelist_instance(request).queryset.prefetch_related(None)


def export(admin: HonorAdmin, request: HttpRequest, kind: str) -> HttpResponseBase:
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    try:
        ids = list(listed(admin, request).values_list("pk", flat=True))
    except IncorrectLookupParameters:
        return HttpResponseRedirect(reverse(admin.list_route) + "?e=1")
    title = _("Honours ledger, %(day)s") % {"day": timezone.localdate().isoformat()}
    response = _file(request, kind, title, lambda stream: exporting.write(stream, kind, ids))
    with transaction.atomic():
        audit.log_event(
            action="honors.export",
            actor=current_user(request),
            details={"rows": len(ids), "kind": kind, "filter": request.GET.urlencode()},
        )
    return response


def printed(admin: HonorAdmin, request: HttpRequest) -> HttpResponseBase:
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    list_url = reverse(admin.list_route)
    try:
        rows = listed(admin, request).order_by("-working_year", "-pk")
        ids = list(rows.values_list("pk", flat=True)[: exporting.PRINTED_ROWS + 1])
    except IncorrectLookupParameters:
        return HttpResponseRedirect(list_url + "?e=1")
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    if len(ids) > exporting.PRINTED_ROWS:
        messages.error(
            request,
            _("More than %(count)s rows are too many to print. Filter the list, or export it.")
            % {"count": exporting.PRINTED_ROWS},
        )
        return HttpResponseRedirect(list_url + query)
    years = exporting.by_year(ids)
    context = {
        **_context(admin, request),
        "title": _("Honours ledger"),
        "years": years,
        "totals": exporting.totals(years),
        "printed_on": timezone.localdate(),
        "filters": bool(request.GET),
        "back_url": list_url + query,
    }
    return TemplateResponse(request, "admin/honors/ledger.html", context)


def _file(request: HttpRequest, kind: str, title: str, write: Callable) -> HttpResponseBase:
    """A download that is written to a file first: whole, or an error instead of it."""
    stream = TemporaryFile()  # noqa: SIM115  (the response closes it)
    try:
        write(stream)
        stream.seek(0)
    except BaseException:
        stream.close()
        raise
    name = f"{slugify(title, allow_unicode=True) or 'ledger'}.{kind}"
    return FileResponse(stream, as_attachment=True, filename=name, content_type=_TYPES[kind])


def _context(admin: HonorAdmin, request: HttpRequest) -> dict[str, Any]:
    return {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "list_url": reverse(admin.list_route),
    }
