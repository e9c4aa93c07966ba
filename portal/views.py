"""Views of the home page, the list of corrections, error pages and health checks."""

from __future__ import annotations

import logging
import sys
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import Error
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template import loader
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache

from honors.models import Honor
from news.models import Article, Column
from news.querysets import ArticleQuerySet
from portal.accounts.admin_site import StaffAdminSite
from portal.audit import triggers
from portal.court.figures import key_figures
from portal.http.storage_full import is_storage_full
from portal.library.richtext import RichTextField
from portal.library.views import storage_full_response
from portal.pagestore import sync
from portal.pagestore.middleware import RETRY_AFTER_SECONDS
from portal.publishing import due
from portal.publishing.guards import publishable_models
from portal.publishing.models import Publishable, Revision
from portal.publishing.states import State
from portal.web.errors import DATABASE_UNAVAILABLE

from . import pages, redirects, structured

log = logging.getLogger(__name__)


def home(request: HttpRequest) -> HttpResponse:
    """Show the home page: lead story, notices, picture news, headlines, figures and honours."""
    latest = Article.objects.public().in_page_language().newest_first().for_lists()
    columns = list(Column.objects.exclude(home_block=Column.HomeBlock.NONE).in_order())
    by_block = {
        block: [column for column in columns if column.home_block == block]
        for block in Column.HomeBlock.values
    }
    lead = latest.filter(featured=True).first() or latest.of_all_columns().first()
    blocks = [(column, list(latest.in_section(column)[:6])) for column in by_block["list"]]
    plaques = Honor.objects.for_home()
    context = {
        "page_info": pages.HOME,
        "structured": partial(structured.home, honors=plaques, path=request.path),
        "figures": key_figures(),
        "honors": plaques,
        "lead": lead,
        "notices": _newest(latest, by_block["notices"], 7),
        "picture_news": _newest(latest, by_block["pictures"], 4),
        "blocks": [(column, articles) for column, articles in blocks if articles],
    }
    return render(request, "home.html", context)


def _newest(latest: ArticleQuerySet, columns: list[Column], count: int) -> list[Article]:
    """Return the ``count`` newest articles of several columns, with one query for each column."""
    found = [article for column in columns for article in latest.in_section(column)[:count]]
    return sorted(found, key=lambda a: (a.published_at, a.pk), reverse=True)[:count]


#: Maximum number of corrections, and also of withdrawals, that the page of corrections shows.
CORRECTIONS_LIMIT = 100


def corrections(request: HttpRequest) -> HttpResponse:
    """Show the page that lists corrections and withdrawals, the newest first."""
    entries: list[dict[str, Any]] = []
    withdrawals: list[dict[str, Any]] = []
    for model in publishable_models():
        entries += _corrections(model)
        gone = model._default_manager.filter(state=State.WITHDRAWN, withdrawn_at__isnull=False)
        newest = gone.order_by("-withdrawn_at")[:CORRECTIONS_LIMIT]
        notices = newest.values("withdrawn_at", "notice")
        # Only the type of the object is shown: its title may be the reason for the withdrawal.
        withdrawals += [{**row, "kind": model._meta.verbose_name} for row in notices]
    entries.sort(key=lambda entry: entry["released_at"], reverse=True)
    withdrawals.sort(key=lambda entry: entry["withdrawn_at"], reverse=True)
    context = {
        "page_info": pages.CORRECTIONS,
        "structured": partial(
            structured.simple_page, page_info=pages.CORRECTIONS, path=request.path
        ),
        "entries": entries[:CORRECTIONS_LIMIT],
        "withdrawals": withdrawals[:CORRECTIONS_LIMIT],
    }
    return render(request, "corrections.html", context)


def _corrections(model: type[Publishable]) -> list[dict[str, Any]]:
    """Return the newest corrections of the readable objects of one model."""
    content_type = ContentType.objects.get_for_model(model)
    is_public = Exists(model._default_manager.readable().filter(pk=OuterRef("object_id")))
    changed = Revision.objects.corrections_of_all().filter(is_public, content_type=content_type)
    rows = list(changed.defer("content")[:CORRECTIONS_LIMIT])
    if not rows:
        return []
    rich_text = [f.name for f in model._meta.concrete_fields if isinstance(f, RichTextField)]
    public = model._default_manager.readable().defer(*rich_text)
    objects = public.in_bulk({row.object_id for row in rows})
    return [
        {
            "object": objects[row.object_id],
            "released_at": row.released_at,
            "change_kind": row.change_kind,
            "public_note": row.public_note,
        }
        for row in rows
        if row.object_id in objects
    ]


def icon(request: HttpRequest) -> HttpResponse:
    """Redirect /favicon.ico, which browsers request for documents without an icon link."""
    return HttpResponseRedirect(static("img/favicon.svg"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Redirect a URL of the former site; respond with 404 to all other URLs."""
    return redirects.find_redirect(request) or render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Respond with 503 without a database, with 507 on a full disk, with 500 after other errors.

    The templates use neither context processors nor the database, because these may have caused
    the error.
    """
    error = sys.exc_info()[1]
    if is_storage_full(error):
        return _storage_full(request)
    if isinstance(error, DATABASE_UNAVAILABLE):
        response = HttpResponse(_unavailable_page(request), status=503)
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    return HttpResponse(loader.get_template("500.html").render(), status=500)


def _storage_full(request: HttpRequest) -> HttpResponse:
    """Respond with 507: as JSON to a script that uploads a file, otherwise with a page."""
    if request.path == reverse("library:upload"):
        return storage_full_response(request)
    page = _page_with_posted_text(request, "admin/storage_full.html", "507.html")
    return HttpResponse(page, status=507)


def _unavailable_page(request: HttpRequest) -> str:
    """Render the page for an unavailable database; in the admin it gives posted text back."""
    return _page_with_posted_text(request, "admin/unavailable.html", "503.html")


def _page_with_posted_text(request: HttpRequest, template: str, without_text: str) -> str:
    site = admin.site
    preserved = site.preserve_after_outage(request) if isinstance(site, StaffAdminSite) else None
    if preserved is None:
        return loader.get_template(without_text).render()
    context = {
        "preserved": preserved,
        "address": request.get_full_path(),
        "csrf_token": get_token(request),
    }
    return loader.get_template(template).render(context)


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Respond with 200 while the process runs (liveness)."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Respond with 200 if this node may receive requests (readiness), otherwise with 503.

    A node needs the database, its triggers, and a page store with the current generation. The
    number of overdue actions is reported for monitoring only, because all nodes have the same.
    """
    try:
        facts = {
            "missing_guards": sorted(triggers.missing()),
            "overdue": len(due.overdue()),
            "generations_behind": sync.generations_behind() if settings.PAGESTORE else 0,
        }
    except Error:
        log.exception("The database does not answer.")
        return JsonResponse({"ready": False, "database": "unavailable"}, status=503)
    ready = not facts["missing_guards"] and facts["generations_behind"] == 0
    return JsonResponse({"ready": ready, **facts}, status=200 if ready else 503)
