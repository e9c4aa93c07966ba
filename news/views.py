"""Views of the public pages of news."""

from __future__ import annotations

from functools import partial

from django.db.models import Subquery
from django.db.models.functions import Coalesce
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from portal.publishing import list_counts
from portal.publishing.public import gone
from portal.publishing.references import related_links
from portal.publishing.states import State
from portal.web.languages import is_english, localized

from . import pages, structured
from .models import Article, Column, Topic

PER_PAGE = 20


def index(request: HttpRequest) -> HttpResponse:
    """Show the top-level columns, each with its latest headlines."""
    columns = list(Column.objects.top().with_articles())
    latest = Article.objects.public().in_page_language().newest_first().for_lists()
    blocks = [(column, list(latest.filter(section=column)[:5])) for column in columns]
    nodes = partial(structured.index, page_info=pages.INDEX, columns=columns, path=request.path)
    context = {"page_info": pages.INDEX, "blocks": blocks, "structured": nodes}
    return render(request, "news/index.html", context)


def column(request: HttpRequest, slug: str, number: int = 1) -> HttpResponse:
    """Show one page of a column's list, newest first; page 1 begins with the pinned articles."""
    if number == 1 and request.path.endswith("/page/1/"):
        return HttpResponsePermanentRedirect(reverse("news:column", args=[slug]))
    here = get_object_or_404(Column.objects.select_related("parent"), slug=slug)
    rows = Article.objects.public().in_page_language().in_section(here).for_lists()
    page = list_counts.get_page(rows, here.list_key, number, PER_PAGE)
    if page is None:
        raise Http404
    siblings = Column.objects.filter(parent=here.parent_id or here.pk).with_articles()
    pinned = list(rows.filter(pinned=True).newest_first()[:3]) if number == 1 else []
    context = {
        "column": here,
        "siblings": list(siblings.order_by("position", "pk")),
        "pinned": pinned,
        "page": page,
        "hidden": is_english() and not page.total,
        "structured": partial(
            structured.column, column=here, articles=[*pinned, *page.items], path=request.path
        ),
    }
    return render(request, "news/column.html", context)


def article(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an article; 410 with a notice if it was public before, 404 if it was never public."""
    found = get_object_or_404(Article.objects.select_related("column__parent"), pk=pk)
    if found.state != State.LIVE:
        return gone(request, found)
    if request.path != (address := found.get_absolute_url()):
        return HttpResponseRedirect(address)  # an article has a single URL, in its own language
    context = article_context(found)
    context["structured"] = partial(
        structured.article,
        article=found,
        steps=context["breadcrumb"],
        corrected=context["corrections"],
    )
    return render(request, "news/article.html", context)


def article_context(article: Article, *, preview: bool = False) -> dict:
    """Return the template context of an article page, for the public page and for the preview."""
    references = related_links(article)
    return {
        "article": article,
        "breadcrumb": _breadcrumb(article.column),
        "previous": None if preview else _neighbour(article, newer=False),
        "next": None if preview else _neighbour(article, newer=True),
        "corrections": list(article.corrections()) if article.pk else [],
        "trail": article.review_trail(),
        "topics": list(article.topics.all()) if article.pk else [],
        "references": references,
        "several_roles": len({role for role, _title, _url in references}) > 1,
        "preview": preview,
        "is_public_text": article.is_public_text,
    }


def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a topic with its articles in the order that editors have set."""
    here = get_object_or_404(Topic, slug=slug)
    rows = Article.objects.public().filter(topicentry__topic=here)
    articles_to_list = rows.in_page_language().for_lists()
    articles = list(articles_to_list.order_by("topicentry__position", "-published_at")[:200])
    if not articles and not (is_english() and rows.exists()):
        raise Http404
    context = {
        "page_info": pages.of_topic(here),
        "topic": here,
        "articles": articles,
        "hidden": not articles,
        "structured": partial(structured.topic, topic=here, articles=articles, path=request.path),
    }
    return render(request, "news/topic.html", context)


def _breadcrumb(column: Column | None) -> list[tuple[str, str]]:
    if column is None:
        return []
    above = [column.parent] if column.parent else []
    return [(localized(step, "name"), step.list_url) for step in [*above, column]]


def _neighbour(article: Article, *, newer: bool) -> Article | None:
    """Return the next newer or older public article of the same column, or None."""
    rows = (
        Article.objects.public().in_page_language().filter(column=article.column_id).defer("body")
    )
    at, pk = article.published_at, article.pk
    if newer:
        rows = rows.order_by("published_at", "pk")
        same_time, other = rows.filter(published_at=at, pk__gt=pk), rows.filter(published_at__gt=at)
    else:
        rows = rows.newest_first()
        same_time, other = rows.filter(published_at=at, pk__lt=pk), rows.filter(published_at__lt=at)
    # Two subqueries instead of one condition with OR: each finds its row by one step in an index.
    nearest = [Subquery(each.values("pk")[:1]) for each in (same_time, other)]
    return rows.filter(pk=Coalesce(*nearest)).first()
