"""The public pages of the court and its figures, for the sitemap, warm-up and archive."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from portal.publishing import list_counts
from portal.site.page_info import PageInfo
from portal.web.languages import localized
from portal.web.pages import PublicPage, batches_by_id, further_pages, unlisted_page

from . import pages
from .data import PER_PAGE
from .models import CourtProfile, Dataset, Indicator, Observation


def court_pages() -> Iterator[PublicPage]:
    """Yield the pages about the court that have content."""
    for page_info in places_with_content():
        yield PublicPage(reverse(page_info.route), title=str(page_info.name))


def places_with_content() -> list[PageInfo]:
    """Return the pages about the court that have content."""
    routes = pages.routes_with_content(CourtProfile.objects.public().first())
    return [page_info for page_info in pages.COURT_PAGES if page_info.route in routes]


def data_pages() -> Iterator[PublicPage]:
    """Yield the page of all datasets if there is a public figure."""
    if public_datasets():
        yield PublicPage(reverse("data:index"), title=str(pages.DATA.name))


def public_datasets() -> list[Dataset]:
    """Return the datasets with public figures; an index finds the newest figure of each dataset."""
    return [
        dataset
        for dataset in Dataset
        if Observation.objects.in_dataset(dataset.value).newest_first()[:1]
    ]


def indicator_pages() -> Iterator[PublicPage]:
    """Yield all pages of each public indicator's list of figures."""
    for batch in batches_by_id(Indicator.objects.public().only("name", "name_en", "released_at")):
        totals = {indicator.list_key: 0 for indicator in batch}
        for (key, _year), count in list_counts.totals_by_year(totals).items():
            totals[key] += count
        for indicator in batch:
            address = indicator.get_absolute_url()
            yield PublicPage(address, title=localized(indicator, "name"))
            yield from further_pages(address, totals[indicator.list_key], PER_PAGE)


def download_pages() -> Iterator[PublicPage]:
    """Yield the CSV, JSON and metadata downloads of each dataset."""
    for dataset in public_datasets():
        for kind in ("csv", "json", "csv-metadata"):
            yield unlisted_page(reverse(f"data:{kind}", args=[dataset.value]))
