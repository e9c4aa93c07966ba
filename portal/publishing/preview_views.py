"""Admin pages that preview the newest revision as its public page."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from .admin_base import PublishableAdminBase
from .admin_context import AdminPageResponse, admin_context
from .models import Publishable


def preview(admin: PublishableAdminBase, request: HttpRequest, obj: Publishable) -> HttpResponse:
    """Show the public page in a frame as wide as a phone, a tablet or a desktop."""
    context = {
        **admin_context(admin, request, obj, obj.open_revision),
        "title": _("Preview: %(title)s") % {"title": obj},
        "frame_url": admin.url("preview-page", obj),
    }
    return AdminPageResponse(request, "admin/publishing/preview.html", context, csp="framing")


def preview_page(
    admin: PublishableAdminBase, request: HttpRequest, obj: Publishable
) -> HttpResponse:
    """Render the public page of the newest revision, including images that are not public yet."""
    revision = obj.newest_revision
    if revision is None:
        raise Http404
    response = admin.render_preview(request, revision.as_object())
    response.csp = "framed"  # type: ignore[attr-defined]  # read by the security headers
    response["Cache-Control"] = "private, no-store"
    return response
