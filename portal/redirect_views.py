"""Admin views that import and export redirects from URLs of the former site."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.rules import current_user
from portal.audit import actions as audit
from portal.interchange.downloads import WRITERS, table_response
from portal.interchange.forms import SheetUploadForm
from portal.interchange.imports import Outcome, count_outcomes
from portal.publishing.errors import Refused

from . import redirect_import
from .redirect_import import PlannedRedirect, RedirectRow

#: Maximum number of rows in the preview; the rows are sorted by ``OUTCOME_ORDER``.
PREVIEW_LIMIT = 500
#: Validity in seconds of the signed form field of the preview, which contains the checked rows.
SIGNATURE_MAX_AGE = 10 * 3600
SALT = "portal.redirects"
LIST_URL_NAME = "admin:site_redirect_changelist"

OUTCOME_LABELS = {
    Outcome.ERROR: gettext_lazy("Has errors"),
    Outcome.NEW: gettext_lazy("New"),
    Outcome.CHANGED: gettext_lazy("Leads elsewhere from now on"),
    Outcome.SAME: gettext_lazy("Leads there already"),
    Outcome.DUPLICATE: gettext_lazy("Twice in the sheet"),
}
#: The order of the rows in the preview, the most important outcome first.
OUTCOME_ORDER = (
    Outcome.ERROR,
    Outcome.CHANGED,
    Outcome.NEW,
    Outcome.DUPLICATE,
    Outcome.SAME,
)


def urls(admin: ModelAdmin) -> list[URLPattern]:
    """Return the URL patterns of these views for ``RedirectAdmin.get_urls``."""

    def admin_view(view: Any, **fixed: Any) -> Any:
        def with_admin(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            return view(admin, request, **fixed, **kwargs)

        return admin.admin_site.admin_view(with_admin)

    return [
        path("import/", admin_view(upload), name="site_redirect_import"),
        path("import/confirm/", admin_view(confirm), name="site_redirect_import-confirm"),
        *(
            path(
                f"export.{kind}",
                admin_view(export, kind=kind),
                name=f"site_redirect_export-{kind}",
            )
            for kind in WRITERS
        ),
    ]


def upload(admin: ModelAdmin, request: HttpRequest) -> HttpResponseBase:
    """Show the upload form, or the preview of an uploaded sheet; write nothing."""
    if not admin.has_add_permission(request):
        raise PermissionDenied
    form = SheetUploadForm(
        request,
        max_bytes=redirect_import.MAX_BYTES,
        too_large=redirect_import.file_too_large(),
    )
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            rows = redirect_import.read_redirects(file.read())
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return _preview(admin, request, rows, file.name)
    context = {
        **_list_context(admin, request),
        "title": _("Import from a sheet"),
        "form": form,
        "columns": [column.header.rstrip("*") for column in redirect_import.COLUMNS],
        "limit": redirect_import.MAX_ROWS,
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "admin/site/redirect/import.html", context, status=status)


def _preview(
    admin: ModelAdmin, request: HttpRequest, rows: list[RedirectRow], name: str
) -> HttpResponse:
    planned = redirect_import.preview_import(rows)
    counts = count_outcomes(planned)
    context = {
        **_list_context(admin, request),
        "title": _("Check before the import: %(name)s") % {"name": name},
        "name": name,
        "counts": counts,
        "error_count": counts["error"],
        "row_count": len(planned),
        "import_count": counts["new"] + counts["changed"],
        "warning_count": sum(bool(row.warnings) for row in planned),
        "rows": [
            (row, OUTCOME_LABELS[row.outcome])
            for row in sorted(planned, key=_preview_order)[:PREVIEW_LIMIT]
        ],
        "limit": PREVIEW_LIMIT,
        "totals": [(label, counts[outcome]) for outcome, label in OUTCOME_LABELS.items()],
        "signed_rows": _sign_rows(rows, name, current_user(request).pk),
        "confirm_url": reverse("admin:site_redirect_import-confirm"),
    }
    return TemplateResponse(request, "admin/site/redirect/preview.html", context)


def _preview_order(row: PlannedRedirect) -> tuple[int, bool, int]:
    return OUTCOME_ORDER.index(row.outcome), not row.warnings, row.row


def _sign_rows(rows: list[RedirectRow], name: str, user_id: int) -> str:
    values = [[row.row, row.old, row.new] for row in rows]
    return signing.dumps({"rows": values, "name": name, "by": user_id}, salt=SALT, compress=True)


def confirm(admin: ModelAdmin, request: HttpRequest) -> HttpResponseBase:
    """Import the rows of the preview; a repeated request changes nothing."""
    if not admin.has_add_permission(request):
        raise PermissionDenied
    user = current_user(request)
    if request.method == "POST":
        try:
            signed = signing.loads(
                request.POST.get("signed_rows", ""), salt=SALT, max_age=SIGNATURE_MAX_AGE
            )
            if signed["by"] != user.pk:
                raise PermissionDenied
            rows = [RedirectRow(*values) for values in signed["rows"]]
            counts = redirect_import.import_redirects(rows=rows, name=signed["name"], by=user)
        except signing.BadSignature:
            messages.error(request, _("This check is too old. Upload the sheet again."))
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            message = _("Imported: %(new)s new redirects, %(changed)s changed.")
            messages.success(request, message % counts)
            return HttpResponseRedirect(reverse(LIST_URL_NAME))
    return HttpResponseRedirect(reverse("admin:site_redirect_import"))


def export(admin: ModelAdmin, request: HttpRequest, kind: str) -> HttpResponseBase:
    """Return a sheet of all redirects that can be imported again, and log the export."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    response = table_response(
        lambda stream: redirect_import.write_redirects(stream, kind), name="redirects", kind=kind
    )
    with transaction.atomic():
        audit.log_event(
            action="site.export_redirects", actor=current_user(request), details={"kind": kind}
        )
    return response


def _list_context(admin: ModelAdmin, request: HttpRequest) -> dict[str, Any]:
    return {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "list_url": reverse(LIST_URL_NAME),
        "import_url": reverse("admin:site_redirect_import"),
    }
