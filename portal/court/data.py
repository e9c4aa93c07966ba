"""Public pages of the figures: all datasets, one indicator, downloads."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from portal.http import media_types
from portal.publishing import list_counts
from portal.publishing.models import Revision
from portal.publishing.public import gone
from portal.publishing.references import Role, related_links
from portal.publishing.states import State
from portal.site.models import SiteSettings
from portal.web.languages import localized
from portal.web.origin import absolute_url

from . import charts, downloads, pages, structured
from .figures import Figure, build_figures, dataset_sections
from .models import Dataset, Indicator, Observation

PER_PAGE = 20


def index(request: HttpRequest) -> HttpResponse:
    """List each dataset that has public figures, with charts, derived figures and downloads."""
    found = dataset_sections()
    if not found:
        raise Http404
    context = {
        "page_info": pages.DATA,
        "structured": partial(structured.data, sections=found, path=request.path),
        "sections": [
            (
                section,
                [
                    chart
                    for chart in (
                        charts.cases_chart(section.figures),
                        charts.rates_chart(f"rates-{section.dataset}", section.newest),
                        charts.ranks_chart(f"ranks-{section.dataset}", section.newest),
                    )
                    if chart
                ],
            )
            for section in found
        ],
    }
    return render(request, "data/index.html", context)


def indicator(request: HttpRequest, pk: int, number: int = 1) -> HttpResponse:
    """Show an indicator with its figures, newest first; status 410 if it was withdrawn."""
    if number == 1 and request.path.endswith("/page/1/"):
        return HttpResponsePermanentRedirect(reverse("data:indicator", args=[pk]))
    found = get_object_or_404(Indicator.objects.select_related("whole"), pk=pk)
    if found.state != State.LIVE:
        return gone(request, found)
    page = list_counts.get_page(public_figures(found), found.list_key, number, PER_PAGE)
    if page is None:
        raise Http404
    context = indicator_context(found, page)
    context["structured"] = partial(
        structured.indicator,
        indicator=found,
        figures=context["figures"],
        corrected=context["corrections"],
        path=request.path,
    )
    return render(request, "data/indicator.html", context)


def public_figures(indicator: Indicator) -> Any:
    """Return a queryset of an indicator's public figures."""
    rows = Observation.objects.public().filter(indicator=indicator)
    return rows.select_related("indicator")


def indicator_context(
    indicator: Indicator, page: list_counts.Page[Observation], draft: Observation | None = None
) -> dict[str, Any]:
    """Return the template context of an indicator's page.

    ``draft`` is a figure to preview: the page shows it above the public figures.
    """
    items = [each for each in page.items if draft is None or each.pk != draft.pk]
    displayed = build_figures([*([draft] if draft else []), *items])
    if draft is not None and draft._attached is not None:
        displayed[0].sources = draft_sources(draft)
    whole = indicator.whole if indicator.whole and indicator.whole.is_public else None
    previewed = draft or indicator
    return {
        "page_info": pages.DATA,
        "heading": localized(indicator, "name"),
        "indicator": indicator,
        "whole": whole,
        "page": page,
        "base": indicator.get_absolute_url() if indicator.pk else "",
        "figures": displayed,
        "charts": charts.period_charts(displayed),
        "corrections": _corrections(indicator, displayed) if indicator.pk else [],
        "preview": draft is not None or indicator._revision is not None,
        "is_public_text": previewed.is_public_text,
    }


def draft_sources(draft: Observation) -> list[Any]:
    """Return links to the sources of a figure whose content has not been saved."""
    return [
        SourceLink(title, url)
        for role, title, url in related_links(draft)
        if role == str(Role.STATED_IN.label)
    ]


class SourceLink:
    """A link to the source of a figure: the attributes that templates read from a model object."""

    def __init__(self, title: str, url: str) -> None:
        self.title = title
        self.url = url

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return self.url


def _corrections(indicator: Indicator, displayed: list[Figure]) -> list[Revision]:
    """Return the corrections of the indicator and of the displayed figures, newest first."""
    of_figures = Revision.objects.filter(
        content_type=ContentType.objects.get_for_model(Observation),
        object_id__in=[figure.pk for figure in displayed],
    )
    both = [*indicator.corrections(), *of_figures.corrections()[:100]]
    return sorted(both, key=lambda each: (each.released_at, each.pk), reverse=True)


# Download views of a dataset


def as_csv(request: HttpRequest, dataset: str) -> StreamingHttpResponse:
    found = _dataset(dataset)
    # Programs find the CSVW metadata by the name of its file (CSVW 5.3). A Link header would be
    # lost, because a response from the page store has no headers of its own.
    return StreamingHttpResponse(
        downloads.as_csv(found, partial(absolute_url, site=SiteSettings.load())),
        content_type=media_types.utf8(media_types.CSV),
    )


def as_json(request: HttpRequest, dataset: str) -> StreamingHttpResponse:
    found = _dataset(dataset)
    return StreamingHttpResponse(
        downloads.as_json(found, partial(absolute_url, site=SiteSettings.load())),
        content_type=media_types.JSON,
    )


def csv_metadata(request: HttpRequest, dataset: str) -> JsonResponse:
    found = _dataset(dataset)
    site = SiteSettings.load()
    described = downloads.csvw_metadata(
        found,
        partial(absolute_url, site=site),
        csv_path=reverse("data:csv", args=[found.value]),
        publisher=site.name,
    )
    return JsonResponse(
        described,
        content_type=media_types.CSVW_METADATA,
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )


def _dataset(name: str) -> Dataset:
    """Return the dataset with this name; raise Http404 if it has no public figures."""
    if name not in Dataset.values:
        raise Http404
    # exists() is not used: PostgreSQL may scan the table for it. An index finds the newest row.
    if not Observation.objects.in_dataset(name).newest_first()[:1]:
        raise Http404
    return Dataset(name)
