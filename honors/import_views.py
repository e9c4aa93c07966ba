"""Admin views of the import: upload a sheet, preview its plan, confirm or discard it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.rules import current_user
from portal.interchange.downloads import table_response
from portal.interchange.forms import SheetUploadForm
from portal.interchange.imports import Outcome
from portal.publishing import rules
from portal.publishing.admin import PublishableAdmin
from portal.publishing.errors import NotAllowed, Refused

from . import exporting, importing, sheet
from .models import Honor, Import

ROWS_PER_PAGE = 100
MAX_RECENT = 10


def import_urls() -> dict[str, tuple[str, Callable]]:
    """Return URL name -> (pattern, view), for ``PublishableAdmin.extra_list_views``."""
    return {
        "import": ("import/", upload),
        "import-template": ("import/template.xlsx", template),
        "import-preview": ("import/<int:number>/", preview),
        "import-found": ("import/<int:number>/found.xlsx", checked_sheet),
        "import-confirm": ("import/<int:number>/confirm/", confirm),
        "import-discard": ("import/<int:number>/discard/", discard),
    }


def writers_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Refuse requests of users who may not write honours."""

    @wraps(view)
    def checked(admin: PublishableAdmin, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not rules.may_write(request.user, Honor):
            raise PermissionDenied
        return view(admin, request, **kwargs)

    return checked


def list_context(admin: PublishableAdmin, request: HttpRequest) -> dict[str, Any]:
    """Return the template context of the pages that belong to the change list."""
    return {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "list_url": reverse(admin.list_route),
    }


@writers_only
def upload(admin: PublishableAdmin, request: HttpRequest) -> HttpResponseBase:
    """Show the upload form; check an uploaded sheet, and store it unless it is refused."""
    form = SheetUploadForm(
        request,
        max_bytes=importing.MAX_BYTES,
        too_large=importing.file_too_large(),
        label=gettext_lazy("The filled-in sheet"),
    )
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            uploaded = importing.upload(data=file.read(), name=file.name, by=current_user(request))
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return HttpResponseRedirect(admin.url("import-preview", uploaded.pk))
    recent = Import.objects.defer("plan", "created_ids").select_related("uploaded_by")
    context = {
        **list_context(admin, request),
        "title": _("Import from a sheet"),
        "form": form,
        "columns": [
            (column.header, column.required or column.name == "name", sheet.EXAMPLES[column.name])
            for column in sheet.COLUMNS
        ],
        "recent": [
            (each, admin.url("import-preview", each.pk))
            for each in recent.order_by("-pk")[:MAX_RECENT]
        ],
        "template_url": admin.url("import-template"),
        "limit": importing.MAX_ROWS,
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "admin/honors/import.html", context, status=status)


@writers_only
def template(admin: PublishableAdmin, request: HttpRequest) -> HttpResponseBase:
    """Return the empty template as a download."""
    name = file_name(_("Honours ledger, to be filled in"))
    return table_response(exporting.write_template, name=name, kind="xlsx")


def file_name(title: str) -> str:
    return slugify(title, allow_unicode=True) or "ledger"


@writers_only
def preview(admin: PublishableAdmin, request: HttpRequest, number: int) -> HttpResponseBase:
    """Show for each row of the sheet whether it is imported, skipped or has errors, and why."""
    sheet_import = get_object_or_404(Import.objects.select_related("uploaded_by"), pk=number)
    outcome = request.GET.get("show", "")
    rows = [row for row in sheet_import.plan if outcome in {"", row["outcome"]}]
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    for row in page.object_list:
        if row["outcome"] == Outcome.SAME:
            row["url"] = admin.url("change", row["existing_id"])
    imported_url = f"{reverse(admin.list_route)}?import={sheet_import.pk}"
    context = {
        **list_context(admin, request),
        "title": (
            _("Check before the import: %(name)s") % {"name": sheet_import.name}
            if sheet_import.state == Import.State.PREVIEWED
            else sheet_import.name
        ),
        "name": sheet_import.name,
        "error_count": sheet_import.error_count,
        "sheet_import": sheet_import,
        "totals": _totals(sheet_import),
        "selected_outcome": outcome,
        "rows": page,
        "page": page,
        "page_numbers": page.paginator.get_elided_page_range(page.number),
        "warning_count": sum(
            bool(row["notes"]) for row in sheet_import.plan if row["outcome"] == Outcome.NEW
        ),
        "may_confirm": sheet_import.uploaded_by_id == current_user(request).pk,
        "import_url": admin.url("import"),
        "confirm_url": admin.url("import-confirm", sheet_import.pk),
        "discard_url": admin.url("import-discard", sheet_import.pk),
        "checked_sheet_url": admin.url("import-found", sheet_import.pk),
        "imported_url": imported_url,
        "drafts_url": f"{imported_url}&waiting=draft",
    }
    return TemplateResponse(request, "admin/honors/preview.html", context)


def _totals(sheet_import: Import) -> list[tuple[str, str, int, str]]:
    """Return (outcome, label, number of rows, explanation) for each outcome."""
    if sheet_import.state == Import.State.DONE:
        new = _("imported as drafts")
    elif sheet_import.error_count:
        new = _("to be imported once the errors are mended")
    else:
        new = _("would be imported as drafts")
    return [
        ("", _("Rows in the sheet"), sheet_import.row_count, ""),
        ("error", _("With errors"), sheet_import.error_count, _("to be mended in the sheet")),
        ("new", _("New"), sheet_import.new_count, new),
        ("same", _("In the ledger already"), sheet_import.same_count, _("left alone")),
        (
            "duplicate",
            _("Twice in the sheet"),
            sheet_import.duplicate_count,
            _("only the first one counts"),
        ),
    ]


@writers_only
def checked_sheet(admin: PublishableAdmin, request: HttpRequest, number: int) -> HttpResponseBase:
    """Return the uploaded sheet as a download, with the result of the check in a column."""
    sheet_import = get_object_or_404(Import, pk=number)
    try:
        data = importing.stored_file(sheet_import)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(admin.url("import-preview", sheet_import.pk))
    title = _("%(name)s, checked") % {"name": re.sub(r"\.[a-z]+$", "", sheet_import.name)}
    return table_response(
        lambda stream: exporting.write_checked_sheet(stream, data, sheet_import.plan),
        name=file_name(title),
        kind="xlsx",
    )


@writers_only
def confirm(admin: PublishableAdmin, request: HttpRequest, number: int) -> HttpResponseBase:
    """Import the sheet that the user has previewed."""
    sheet_import = get_object_or_404(Import.objects.defer("plan"), pk=number)
    if request.method == "POST":
        try:
            done = importing.confirm(sheet_import=sheet_import, by=current_user(request))
        except NotAllowed as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            count = len(done.created_ids)
            messages.success(request, _("Imported: %(count)s drafts.") % {"count": count})
    return HttpResponseRedirect(admin.url("import-preview", sheet_import.pk))


@writers_only
def discard(admin: PublishableAdmin, request: HttpRequest, number: int) -> HttpResponseBase:
    """Discard the sheet without importing it."""
    sheet_import = get_object_or_404(Import.objects.defer("plan"), pk=number)
    if request.method != "POST":
        return HttpResponseRedirect(admin.url("import-preview", sheet_import.pk))
    try:
        importing.discard(sheet_import=sheet_import, by=current_user(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(admin.url("import-preview", sheet_import.pk))
    messages.info(request, _("Put aside; nothing was imported."))
    return HttpResponseRedirect(admin.url("import"))
