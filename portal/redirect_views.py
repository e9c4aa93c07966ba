"""The desk's pages for the addresses of the former site: a sheet in, a sheet out."""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import (
    FileResponse,
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
from portal.http import media_types
from portal.publishing.errors import Refused

from . import redirects
from .redirects import Line, Outcome, RedirectRow

if TYPE_CHECKING:
    from .admin import RedirectAdmin

#: So many rows are shown, those first that ask for something.
SHOWN = 500
#: The checked rows travel in the page, signed, and keep for a working day.
KEPT_SECONDS = 10 * 3600
SALT = "portal.redirects"
LIST = "admin:site_redirect_changelist"
TYPES = {
    "xlsx": media_types.XLSX,
    "csv": media_types.utf8(media_types.CSV),
}
ORDER = (Outcome.ERROR, Outcome.CHANGED, Outcome.NEW, Outcome.DUPLICATE, Outcome.SAME)


class SheetForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("The sheet"),
        allow_empty_file=True,  # the reader says it better
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        error_messages={"required": gettext_lazy("Choose the file to upload.")},
    )


def urls(admin: RedirectAdmin) -> list[URLPattern]:
    def wrapped(view: Any, **fixed: Any) -> Any:
        def asked(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            return view(admin, request, **fixed, **kwargs)

        return admin.admin_site.admin_view(asked)

    return [
        path("import/", wrapped(check), name="site_redirect_import"),
        path("import/confirm/", wrapped(confirm), name="site_redirect_import-confirm"),
        *(
            path(f"export.{kind}", wrapped(export, kind=kind), name=f"site_redirect_export-{kind}")
            for kind in TYPES
        ),
    ]


def check(admin: RedirectAdmin, request: HttpRequest) -> HttpResponseBase:
    """Choose a sheet; then see row by row what it would do. Nothing is written."""
    if not admin.has_add_permission(request):
        raise PermissionDenied
    form = SheetForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > redirects.MAX_BYTES:
                raise Refused(
                    _("The file is larger than 5 MB. Divide the table into several files.")
                )
            pairs = redirects.read(file.read())
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return _preview(admin, request, pairs, file.name)
    context = {
        **_context(admin, request),
        "title": _("Import from a sheet"),
        "form": form,
        "columns": [column.header.rstrip("*") for column in redirects.COLUMNS],
        "limit": redirects.MAX_ROWS,
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "admin/site/redirect/import.html", context, status=status)


def _preview(
    admin: RedirectAdmin, request: HttpRequest, pairs: list[RedirectRow], name: str
) -> HttpResponse:
    lines = redirects.preview(pairs)
    counts = redirects.counted(lines)
    context = {
        **_context(admin, request),
        "title": _("Check before the import: %(name)s") % {"name": name},
        "name": name,
        "counts": counts,
        "rows": len(lines),
        "ready": counts["new"] + counts["changed"],
        "remarks": sum(bool(line.remarks) for line in lines),
        "lines": [(line, LABELS[line.outcome]) for line in sorted(lines, key=_place)[:SHOWN]],
        "shown": SHOWN,
        "totals": [(label, counts[name]) for name, label in LABELS.items()],
        "kept": _kept(pairs, name, current_user(request).pk),
        "confirm_url": reverse("admin:site_redirect_import-confirm"),
    }
    return TemplateResponse(request, "admin/site/redirect/preview.html", context)


#: What becomes of a row, in words.
LABELS = {
    "error": gettext_lazy("Has errors"),
    "new": gettext_lazy("New"),
    "changed": gettext_lazy("Leads elsewhere from now on"),
    "same": gettext_lazy("Leads there already"),
    "duplicate": gettext_lazy("Twice in the sheet"),
}


def _place(line: Line) -> tuple[int, bool, int]:
    return ORDER.index(line.outcome), not line.remarks, line.row


def _kept(pairs: list[RedirectRow], name: str, by: int) -> str:
    rows = [[pair.row, pair.old, pair.new] for pair in pairs]
    return signing.dumps({"rows": rows, "name": name, "by": by}, salt=SALT, compress=True)


def confirm(admin: RedirectAdmin, request: HttpRequest) -> HttpResponseBase:
    """Write what was shown. A second click finds every row leading there already."""
    if not admin.has_add_permission(request):
        raise PermissionDenied
    by = current_user(request)
    if request.method == "POST":
        try:
            kept = signing.loads(request.POST.get("kept", ""), salt=SALT, max_age=KEPT_SECONDS)
            if kept["by"] != by.pk:
                raise PermissionDenied
            pairs = [RedirectRow(*row) for row in kept["rows"]]
            counts = redirects.import_redirects(pairs=pairs, name=kept["name"], by=by)
        except signing.BadSignature:
            messages.error(request, _("This check is too old. Upload the sheet again."))
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            said = _("Imported: %(new)s new redirects, %(changed)s changed.")
            messages.success(request, said % counts)
            return HttpResponseRedirect(reverse(LIST))
    return HttpResponseRedirect(reverse("admin:site_redirect_import"))


def export(admin: RedirectAdmin, request: HttpRequest, kind: str) -> HttpResponseBase:
    """Every redirect, as a sheet that can be brought in again."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    stream = TemporaryFile()  # noqa: SIM115  (the response closes it)
    try:
        redirects.write(stream, kind)
        stream.seek(0)
    except BaseException:
        stream.close()
        raise
    with transaction.atomic():
        audit.log_event(
            action="site.export_redirects", actor=current_user(request), details={"kind": kind}
        )
    return FileResponse(
        stream, as_attachment=True, filename=f"redirects.{kind}", content_type=TYPES[kind]
    )


def _context(admin: RedirectAdmin, request: HttpRequest) -> dict[str, Any]:
    return {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "list_url": reverse(LIST),
        "import_url": reverse("admin:site_redirect_import"),
    }
