"""Files for readers, files for colleagues, and the library's own pages at the desk."""

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
from portal.library import links, names
from portal.library.actions import add_attachment, add_image
from portal.library.models import Attachment, Image, MediaFile
from portal.library.rules import may_upload, may_view

PAGE_SIZE = 24
PICKERS = {"image": Image, "attachment": Attachment}
#: By the reader's own browser alone: what is withdrawn must not come out of anybody's shared cache.
MEDIA_CACHE = "private, max-age=3600"

_CONTENT_TYPES = {
    "avif": "image/avif",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "png": "image/png",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


# --- files ---------------------------------------------------------------------------------------


@require_safe
def public_media(request: HttpRequest, name: str) -> HttpResponseBase:
    """A file that something public uses. Only names the library gives are looked for at all."""
    if not (names.rendition_digest(name) or names.attachment_digest(name)):
        raise Http404
    return _send(request, storages["public"], name, MEDIA_CACHE)


@require_safe
def private_media(request: HttpRequest, signed: str) -> HttpResponseBase:
    """Any file of the library, for colleagues, at an address that runs out."""
    if not may_view(request.user):
        raise PermissionDenied
    name = links.opened(signed)
    if name is None:
        raise Http404
    return _send(request, default_storage, name, MEDIA_CACHE)


def _send(request: HttpRequest, storage: Storage, name: str, cache: str) -> HttpResponseBase:
    try:
        modified = int(storage.get_modified_time(name).timestamp())
        size = storage.size(name)
        file = storage.open(name)
    except FileNotFoundError as error:
        raise Http404 from error
    # One name is one content: the name is the tag.
    etag = quote_etag(name.rpartition("/")[2])
    response: HttpResponseBase | None
    response = get_conditional_response(request, etag=etag, last_modified=modified)
    if response is not None:
        file.close()
    else:
        response = _whole(request, file, name, size)
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(modified)
    response.headers["Cache-Control"] = cache
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _whole(request: HttpRequest, file: File, name: str, size: int) -> HttpResponseBase:
    content_type = _CONTENT_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    response: HttpResponseBase
    if request.method == "HEAD":
        file.close()
        response = HttpResponse(content_type=content_type)
    else:
        response = FileResponse(file, content_type=content_type)
    response.headers["Content-Length"] = str(size)
    if digest := names.attachment_digest(name):
        response.headers["Content-Disposition"] = _disposition(digest, name)
    else:
        response.headers["Content-Disposition"] = "inline"
    return response


def _disposition(digest: str, name: str) -> str:
    """A download, under the name it was uploaded with."""
    known = Attachment.objects.filter(digest=digest).values_list("name", flat=True).first()
    shown = known or name.rpartition("/")[2]
    return content_disposition_header(as_attachment=True, filename=shown) or "attachment"


# --- the desk ------------------------------------------------------------------------------------


def desk_view(allowed: Callable[[Any], bool]) -> Callable:
    """Let in whom the rule lets in; ask others to sign in, or tell a script so."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if allowed(request.user):
                response = view(request, *args, **kwargs)
                response.headers["Cache-Control"] = "private, no-store"
                return response
            if request.method == "POST":
                if request.user.is_authenticated:
                    return _refusal(_("You may look at the library, but not add to it."), 403)
                return _refusal(
                    _("You have been signed out. Sign in again in another tab, then repeat this."),
                    403,
                )
            if request.user.is_authenticated:
                raise PermissionDenied
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))

        return guarded

    return decorate


@require_POST
@desk_view(may_upload)
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file in; answer in JSON, in the words CKEditor expects.

    ``?picker=attachment`` takes documents, everything else pictures. CKEditor reads the sentence
    of a refusal only from an answer with status 200, and says so by ``responseType``.
    """
    refused_status = 200 if "responseType" in request.GET else 400
    file = request.FILES.get("upload")
    if file is None:
        return _refusal(_("No file came along. Choose one, then upload it."), refused_status)
    by = cast(User, request.user)  # the rule let nobody else in
    words = {name: request.POST.get(name, "") for name in ("title", "alt", "credit")}
    try:
        if request.GET.get("picker") == "attachment":
            media_file: MediaFile = add_attachment(file=file, by=by, title=words["title"])
        else:
            media_file = add_image(file=file, by=by, **words)
    except ValidationError as error:
        return _refusal(" ".join(error.messages), refused_status)
    described = describe(media_file)
    return JsonResponse(
        {
            "uploaded": 1,
            "duplicate": not media_file.is_new,
            "fileName": described["name"],
            **described,
        }
    )


@require_GET
@desk_view(may_view)
def browse(request: HttpRequest) -> HttpResponse:
    """The chooser: newest first, found by words. Pages by number of the last one seen, so that
    the last page costs what the first one does."""
    picker = request.GET.get("picker", "image")
    if picker not in PICKERS:
        raise Http404
    words = request.GET.get("q", "").strip()[:100]
    found = PICKERS[picker].objects.available().matching(words).order_by("-pk")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) <= 18:
        found = found.filter(pk__lt=int(before))
    page = list(found[: PAGE_SIZE + 1])
    shown = page[:PAGE_SIZE]
    older = request.GET.copy()
    newest = request.GET.copy()
    newest.pop("before", None)
    if len(page) > PAGE_SIZE:
        older["before"] = str(shown[-1].pk)
    context = {
        **admin.site.each_context(request),
        "is_popup": True,
        "title": _("Choose a picture") if picker == "image" else _("Choose an attachment"),
        "picker": picker,
        "words": words,
        "items": [
            {**(item := describe(media_file)), "json": json.dumps(item)} for media_file in shown
        ],
        "may_upload": may_upload(request.user),
        "function_number": _number(request.GET.get("CKEditorFuncNum", "")),
        "older": f"?{older.urlencode()}" if len(page) > PAGE_SIZE else "",
        "newest": f"?{newest.urlencode()}" if before else "",
        "upload_url": f"{reverse('library:upload')}?picker={picker}",
    }
    return render(request, "library/browse.html", context)


def describe(media_file: MediaFile) -> dict[str, Any]:
    """What a page that asked for a file is told about it."""
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
    assert isinstance(media_file, Attachment)  # noqa: S101  (the library holds these two)
    return {
        **common,
        "kind": "attachment",
        "name": media_file.name,
        "document": media_file.kind,
        "size": media_file.size,
        "url": media_file.private_url,
    }


def _refusal(sentence: str, status: int) -> JsonResponse:
    return JsonResponse({"uploaded": 0, "error": {"message": sentence}}, status=status)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
