"""JSON-LD nodes of the pages about the court and its figures; see ``portal.web.structured``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from portal.site.models import SiteSettings
from portal.site.page_info import PageInfo
from portal.web.languages import localized
from portal.web.origin import absolute_url
from portal.web.structured import (
    Link,
    Node,
    breadcrumb,
    corrections,
    court,
    iso_datetime,
    node,
    page,
    postal_address,
    site_nodes,
)

from . import pages
from .figures import DatasetSection, Figure
from .models import CourtProfile, Dataset, Department, Indicator, Person

CSV = "text/csv"
JSON = "application/json"


# Pages about the court


def profile(
    site: SiteSettings, *, profile: CourtProfile, corrected: Iterable[Any], path: str
) -> list[Node]:
    about = page(
        "AboutPage",
        pages.PROFILE.name,
        path,
        site,
        mainEntity=court(site),
        datePublished=iso_datetime(profile.published_at),
        dateModified=iso_datetime(profile.released_at),
        correction=corrections(corrected),
    )
    higher = [
        node("GovernmentOrganization", name=row["name"], alternateName=row["short_name"])
        for row in profile.higher_courts
    ]
    return [
        about,
        breadcrumb(site, (pages.PROFILE.name, "")),
        *site_nodes(
            site,
            alternateName=profile.short_name_list,
            areaServed=profile.region,
            parentOrganization=higher,
            location=_courthouse(profile, profile.phones[:1]),
        ),
    ]


def leaders(
    site: SiteSettings,
    *,
    leaders: Iterable[tuple[Person, list[str]]],
    profile: CourtProfile | None,
    path: str,
) -> list[Node]:
    people = [
        node(
            "Person",
            name=localized(person, "name"),
            url=absolute_url(person.get_absolute_url(), site),
            jobTitle=posts,
            description=person.duties,
        )
        for person, posts in leaders
    ]
    return _page(pages.LEADERS, profile, path, site, employee=people)


def departments(
    site: SiteSettings,
    *,
    departments: Iterable[Department],
    profile: CourtProfile | None,
    path: str,
) -> list[Node]:
    found = [
        node(
            "GovernmentOrganization",
            name=localized(each, "name"),
            url=absolute_url(each.get_absolute_url(), site),
            description=localized(each, "duties"),
            telephone=each.phone,
        )
        for each in departments
    ]
    return _page(pages.DEPARTMENTS, profile, path, site, department=found)


def judges(
    site: SiteSettings, *, judges: Iterable[Person], profile: CourtProfile | None, path: str
) -> list[Node]:
    people = [node("Person", name=localized(person, "name")) for person in judges]
    return _page(pages.JUDGES, profile, path, site, employee=people)


def contact(site: SiteSettings, *, profile: CourtProfile, path: str) -> list[Node]:
    points = [
        node("ContactPoint", contactType=row["name"], telephone=row["number"])
        for row in profile.phones
    ]
    return _page(
        pages.CONTACT,
        profile,
        path,
        site,
        kind="ContactPage",
        location=_courthouse(profile, profile.phones),
        contactPoint=points,
    )


def _page(
    page_info: PageInfo,
    profile: CourtProfile | None,
    path: str,
    site: SiteSettings,
    *,
    kind: str = "AboutPage",
    **of_court: Any,
) -> list[Node]:
    """Return the nodes of a page below the profile; ``of_court`` are properties of the court."""
    above = [(pages.PROFILE.name, reverse(pages.PROFILE.route))] if profile else []
    return [
        page(
            kind,
            page_info.name,
            path,
            site,
            description=str(page_info.description),
            about=court(site),
        ),
        breadcrumb(site, *above, (page_info.name, "")),
        *site_nodes(site, **of_court),
    ]


def _courthouse(profile: CourtProfile, phones: Iterable[dict[str, str]]) -> Node:
    """Return the node of the court building, with its postal address and telephone numbers."""
    return node(
        "Courthouse",
        name=localized(profile, "name"),
        address=postal_address(localized(profile, "address"), profile.postcode),
        telephone=[row["number"] for row in phones],
    )


# Pages of figures


def data(site: SiteSettings, *, sections: Iterable[DatasetSection], path: str) -> list[Node]:
    """Return the nodes of the page of all datasets: a catalogue of datasets with downloads."""
    return [
        page(
            "CollectionPage",
            pages.DATA.name,
            path,
            site,
            description=str(pages.DATA.description),
            mainEntity=node(
                "DataCatalog",
                name=str(pages.DATA.name),
                url=absolute_url(path, site),
                publisher=court(site),
                dataset=[_dataset(section, path, site) for section in sections],
            ),
        ),
        breadcrumb(site, (pages.DATA.name, "")),
        *site_nodes(site),
    ]


def _dataset(section: DatasetSection, path: str, site: SiteSettings) -> Node:
    # If some figures are not displayed, the start of the interval is unknown: ".." in ISO 8601-2.
    oldest = ".." if section.more else ""
    return node(
        "Dataset",
        at=absolute_url(f"{path}#{section.dataset.value}", site),
        name=str(section.dataset.label),
        description=str(pages.DATA.description),
        url=absolute_url(f"{path}#{section.dataset.value}", site),
        creator=court(site),
        publisher=court(site),
        temporalCoverage=_covered(section.figures, oldest),
        variableMeasured=[_variable(each, site) for each in section.definitions],
        distribution=_files(section.dataset, site),
    )


def _files(dataset: Dataset, site: SiteSettings) -> list[Node]:
    return [
        node(
            "DataDownload",
            contentUrl=absolute_url(reverse(f"data:{kind}", args=[dataset.value]), site),
            encodingFormat=media_type,
        )
        for kind, media_type in (("csv", CSV), ("json", JSON))
    ]


def _variable(indicator: Indicator, site: SiteSettings) -> Node:
    return node(
        "PropertyValue",
        name=localized(indicator, "name"),
        description=localized(indicator, "definition"),
        unitText=indicator.unit,
        url=absolute_url(indicator.get_absolute_url(), site),
    )


def _covered(figures: Iterable[Figure], oldest: str = "") -> str:
    """Return the days that the figures cover as an ISO 8601 interval; "" if no days are known."""
    periods = [each.period for each in figures if each.period and each.period.is_understood]
    first = [period.earliest for period in periods if period.earliest]
    last = [period.latest for period in periods if period.latest]
    if not first or not last:
        return ""
    return f"{oldest or min(first).isoformat()}/{max(last).isoformat()}"


def indicator(
    site: SiteSettings,
    *,
    indicator: Indicator,
    figures: Iterable[Figure],
    corrected: Iterable[Any],
    path: str,
) -> list[Node]:
    name = localized(indicator, "name")
    above: Link = (str(pages.DATA.name), reverse(pages.DATA.route))
    return [
        page(
            "WebPage",
            name,
            path,
            site,
            about=_variable(indicator, site),
            temporalCoverage=_covered(figures),
            correction=corrections(corrected),
        ),
        breadcrumb(site, above, (name, "")),
        *site_nodes(site),
    ]
