"""Views that serve public and private files, and admin views to upload and choose files."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.core.files.storage import Storage, default_storage, storages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.response import JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from portal.accounts.models import User
from portal.http import media_types
from portal.http.parameters import parse_number
from portal.library import file_names, file_urls, richtext
from portal.library.actions import add_attachment, add_image
from portal.library.ckeditor_config import MAX_PASTED_CHARACTERS, TOO_LONG
from portal.library.decoding.refusals import Code
from portal.library.forms import ATTACHMENT_ACCEPT, IMAGE_ACCEPT
from portal.library.models import Attachment, Image, MediaFile, PublicUse
from portal.library.rules import may_upload, may_view

PAGE_SIZE = 24
#: Seconds after which an upload may be repeated that found too many others waiting.
BUSY_SECONDS = 10
PICKERS = {"image": Image, "attachment": Attachment}
#: No shared cache may store files: it would still serve a file after its withdrawal.
MEDIA_CACHE = "private, max-age=3600"

_MEDIA_TYPES = {
    "avif": media_types.AVIF,
    "webp": media_types.WEBP,
    "jpg": media_types.JPEG,
    "png": media_types.PNG,
    "pdf": media_types.PDF,
    "docx": media_types.DOCX,
    "xlsx": media_types.XLSX,
    "pptx": media_types.PPTX,
}


# Views that serve files


@require_safe
def public_media(request: HttpRequest, name: str) -> HttpResponseBase:
    """Serve a file of the public storage; respond 404 for names that the library never creates."""
    if not (file_names.rendition_digest(name) or file_names.attachment_digest(name)):
        raise Http404
    return _file_response(request, storages["public"], name, _released_name)


@require_safe
def private_media(request: HttpRequest, signed: str) -> HttpResponseBase:
    """Serve any file of the library to staff at a signed URL, which expires."""
    if not may_view(request.user):
        raise PermissionDenied
    name = file_urls.verify_signed_name(signed)
    if name is None:
        raise Http404
    return _file_response(request, default_storage, name, _stored_name)


def _file_response(
    request: HttpRequest, storage: Storage, name: str, download_name: Callable[[str], str]
) -> HttpResponseBase:
    """Return a response with a file of a storage, or 304 if the browser has the current file.

    ``download_name`` returns the file name of the attachment with a digest, or "".
    """
    try:
        modified = int(storage.get_modified_time(name).timestamp())
        size = storage.size(name)
        file = storage.open(name)
    except FileNotFoundError as error:
        raise Http404 from error
    # The name is derived from the content of the file, so it can serve as the ETag.
    etag = quote_etag(name.rpartition("/")[2])
    response: HttpResponseBase | None
    response = get_conditional_response(request, etag=etag, last_modified=modified)
    if response is not None:
        file.close()
    else:
        response = _full_response(request, file, name, size, download_name)
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(modified)
    response.headers["Cache-Control"] = MEDIA_CACHE
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _full_response(
    request: HttpRequest, file: File, name: str, size: int, download_name: Callable[[str], str]
) -> HttpResponseBase:
    content_type = _MEDIA_TYPES.get(name.rpartition(".")[2], media_types.BINARY)
    response: HttpResponseBase
    if request.method == "HEAD":
        file.close()
        response = HttpResponse(content_type=content_type)
    else:
        response = FileResponse(file, content_type=content_type)
    response.headers["Content-Length"] = str(size)
    if digest := file_names.attachment_digest(name):
        response.headers["Content-Disposition"] = (
            content_disposition_header(as_attachment=True, filename=download_name(digest))
            or "attachment"
        )
    else:
        response.headers["Content-Disposition"] = "inline"
    return response


def _stored_name(digest: str) -> str:
    """Return the file name that the library has for the attachment with this digest."""
    return Attachment.objects.filter(digest=digest).values_list("name", flat=True).first() or ""


def _released_name(digest: str) -> str:
    """Return the file name with which the attachment was released.

    If public pages were released with different names, return "": the link of each page then
    decides by its attribute ``download``, which a name in the header would override.
    """
    uses = PublicUse.objects.filter(attachment__digest=digest)
    names = list(uses.order_by("name").values_list("name", flat=True).distinct()[:2])
    return names[0] if len(names) == 1 else ""


# Views of the admin


def require_permission(is_allowed: Callable[[Any], bool]) -> Callable:
    """Return a decorator for views that requires ``is_allowed(user)`` to be true.

    Otherwise a POST request gets 403 with a JSON error, because scripts send it; other requests are
    redirected to the login page or get 403.
    """

    def decorator(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if is_allowed(request.user):
                response = view(request, *args, **kwargs)
                response.headers["Cache-Control"] = "private, no-store"
                return response
            if request.method == "POST":
                if request.user.is_authenticated:
                    return _error_response(
                        _("You may look at the library, but not add to it."), 403
                    )
                return _error_response(
                    _("You have been signed out. Sign in again in another tab, then repeat this."),
                    403,
                )
            if request.user.is_authenticated:
                raise PermissionDenied
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))

        return wrapper

    return decorator


@require_POST
@require_permission(may_upload)
def upload(request: HttpRequest) -> HttpResponse:
    """Add a file to the library; return the result in the JSON format of CKEditor's upload API.

    ``?picker=attachment`` accepts documents; otherwise images are accepted. CKEditor reads an error
    message only from a response with status 200; its requests contain ``responseType``.
    """
    refused_status = _status_for_editor(request, 400)
    file = request.FILES.get("upload")
    if file is None:
        return _error_response(_("No file came along. Choose one, then upload it."), refused_status)
    by = cast(User, request.user)  # may_upload() is false for anonymous users, so this is a User
    words = {name: request.POST.get(name, "") for name in ("title", "alt", "credit")}
    try:
        if request.GET.get("picker") == "attachment":
            media_file: MediaFile = add_attachment(file=file, by=by, title=words["title"])
        else:
            media_file = add_image(
                file=file,
                by=by,
                title=words["title"],
                alt=words["alt"],
                credit=words["credit"],
            )
    except ValidationError as error:
        is_busy = getattr(error, "code", "") == Code.BUSY.value
        status = 503 if is_busy and refused_status == 400 else refused_status
        response = _error_response(" ".join(error.messages), status)
        if is_busy:
            response.headers["Retry-After"] = str(BUSY_SECONDS)
        return response
    data = file_data(media_file)
    return JsonResponse(
        {
            "uploaded": 1,
            "duplicate": not media_file.is_new,
            "fileName": data["name"],
            **data,
        }
    )


def _status_for_editor(request: HttpRequest, status: int) -> int:
    return 200 if "responseType" in request.GET else status


def storage_full_response(request: HttpRequest) -> HttpResponse:
    """Respond to an upload that could not be written because the disk is full."""
    sentence = _(
        "The server has no space left, so the file was not stored. Tell the system administrator, "
        "and upload it again later."
    )
    return _error_response(sentence, _status_for_editor(request, 507))


@require_POST
@require_permission(may_view)
def clean_pasted(request: HttpRequest) -> HttpResponse:
    """Clean what the editor has found in the clipboard; return HTML for the editor as JSON.

    The editor's own filters change the clipboard's HTML so that hidden and deleted content cannot
    be told from the text any more. Therefore the editor sends it before those filters run.
    """
    html = request.POST.get("html", "")
    if len(html) > MAX_PASTED_CHARACTERS:
        return _error_response(str(TOO_LONG), 400)
    try:
        cleaned, changes = richtext.clean_pasted(html)
    except ValidationError:
        return _error_response(str(TOO_LONG), 400)
    return JsonResponse({"html": cleaned, "changes": changes})


@require_GET
@require_permission(may_view)
def browse(request: HttpRequest) -> HttpResponse:
    """Show the window in which editors choose files: newest first, searchable, paged by id.

    The parameter ``before`` is the id before which the page begins.
    """
    picker = request.GET.get("picker", "image")
    if picker not in PICKERS:
        raise Http404
    words = request.GET.get("q", "").strip()[:100]
    found = PICKERS[picker].objects.available().matching(words).order_by("-pk")
    before = parse_number(request.GET.get("before", ""))
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found[: PAGE_SIZE + 1])
    page = rows[:PAGE_SIZE]
    older = request.GET.copy()
    newest = request.GET.copy()
    newest.pop("before", None)
    if len(rows) > PAGE_SIZE:
        older["before"] = str(page[-1].pk)
    context = {
        **admin.site.each_context(request),
        "is_popup": True,
        "title": _("Choose a picture") if picker == "image" else _("Choose an attachment"),
        "picker": picker,
        "words": words,
        "items": [
            {**(item := file_data(media_file)), "json": json.dumps(item)} for media_file in page
        ],
        "accept": IMAGE_ACCEPT if picker == "image" else ATTACHMENT_ACCEPT,
        "may_upload": may_upload(request.user),
        "function_number": parse_number(request.GET.get("CKEditorFuncNum", ""), max_digits=9),
        "older": f"?{older.urlencode()}" if len(rows) > PAGE_SIZE else "",
        "newest": f"?{newest.urlencode()}" if before else "",
        "upload_url": f"{reverse('library:upload')}?picker={picker}",
    }
    return render(request, "library/browse.html", context)


def file_data(media_file: MediaFile) -> dict[str, Any]:
    """Return the JSON values of a chosen or uploaded file that the editor and the forms need."""
    common = {"id": media_file.pk, "title": media_file.title}
    if isinstance(media_file, Image):
        return {
            **common,
            "kind": "image",
            "name": media_file.title,
            "alt": media_file.alt,
            "credit": media_file.credit,
            "focal_x": media_file.focal_x,
            "focal_y": media_file.focal_y,
            "width": media_file.width,
            "height": media_file.height,
            "thumb": media_file.thumbnail_url,
            "url": media_file.editor_url,
        }
    assert isinstance(media_file, Attachment)  # noqa: S101  (the only other kind)
    return {
        **common,
        "kind": "attachment",
        "name": media_file.name,
        "document": media_file.kind,
        "size": media_file.size,
        "url": media_file.private_url,
    }


def _error_response(sentence: str, status: int) -> JsonResponse:
    return JsonResponse({"uploaded": 0, "error": {"message": sentence}}, status=status)
