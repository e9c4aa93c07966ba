"""The home page, the public record of changes, and what machines ask."""

from __future__ import annotations

import logging
import sys
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import Error
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.templatetags.static import static
from django.views.decorators.cache import never_cache

from honors.models import Honor
from news.models import Article, Column
from news.querysets import ArticleQuerySet
from portal.audit import triggers
from portal.court.figures import key_figures
from portal.library.richtext import RichTextField
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
    """One lead story, notices, pictures, and the columns' headlines."""
    latest = Article.objects.public().listed().newest_first().for_lists()
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
    """The newest articles of several columns: a few from each, then the newest of them."""
    found = [article for column in columns for article in latest.in_section(column)[:count]]
    return sorted(found, key=lambda a: (a.published_at, a.pk), reverse=True)[:count]


#: So many of each type are read, and so many are shown in all.
LISTED = 100


def corrections(request: HttpRequest) -> HttpResponse:
    """What was corrected or taken back, newest first: the public's own record."""
    entries: list[dict[str, Any]] = []
    withdrawals: list[dict[str, Any]] = []
    for model in publishable_models():
        entries += _corrections(model)
        gone = model._default_manager.filter(state=State.WITHDRAWN, withdrawn_at__isnull=False)
        notices = gone.order_by("-withdrawn_at").values("withdrawn_at", "notice")[:LISTED]
        # What kind of text, not which: that may be what had to go.
        withdrawals += [{**row, "kind": model._meta.verbose_name} for row in notices]
    entries.sort(key=lambda entry: entry["released_at"], reverse=True)
    withdrawals.sort(key=lambda entry: entry["withdrawn_at"], reverse=True)
    context = {
        "page_info": pages.CORRECTIONS,
        "structured": partial(structured.plain, page_info=pages.CORRECTIONS, path=request.path),
        "entries": entries[:LISTED],
        "withdrawals": withdrawals[:LISTED],
    }
    return render(request, "corrections.html", context)


def _corrections(model: type[Publishable]) -> list[dict[str, Any]]:
    """The newest public changes of one type."""
    content_type = ContentType.objects.get_for_model(model)
    is_public = Exists(model._default_manager.readable().filter(pk=OuterRef("object_id")))
    changed = Revision.objects.corrections_of_all().filter(is_public, content_type=content_type)
    rows = list(changed.defer("content")[:LISTED])
    if not rows:
        return []
    long = [f.name for f in model._meta.concrete_fields if isinstance(f, RichTextField)]
    public = model._default_manager.readable().defer(*long)
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
    """Where a page names no icon (a feed, a file), browsers ask for it here."""
    return HttpResponseRedirect(static("img/favicon.svg"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The friendly page; but an address of the former site leads to where it is now."""
    return redirects.find_redirect(request) or render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Without context or database: whatever broke may be one of them."""
    if isinstance(sys.exc_info()[1], DATABASE_UNAVAILABLE):
        answer = HttpResponse(loader.get_template("503.html").render(), status=503)
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return answer
    return HttpResponse(loader.get_template("500.html").render(), status=500)


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers and its guards stand; what else a person may have to look at."""
    try:
        told = {
            "missing_guards": sorted(triggers.missing()),
            "overdue": len(due.overdue()),
            "generations_behind": sync.generations_behind() if settings.PAGESTORE else 0,
        }
    except Error:
        log.exception("The database does not answer.")
        return JsonResponse({"ready": False, "database": "away"}, status=503)
    # What is late needs a person, but this node serves as well as any other.
    ready = not told["missing_guards"] and told["generations_behind"] == 0
    return JsonResponse({"ready": ready, **told}, status=200 if ready else 503)
