"""What the pages of the ledger say to machines; see ``portal.web.structured``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from portal.site.models import SiteSettings
from portal.web.languages import localized
from portal.web.origin import absolute_url
from portal.web.structured import (
    Link,
    Node,
    breadcrumb,
    corrections,
    court,
    iso_datetime,
    item_list,
    node,
    page,
    site_nodes,
)

from .models import Honor
from .pages import WALL
from .recipients import RecipientKind


def wall(site: SiteSettings, *, shown: Iterable[Honor], path: str) -> list[Node]:
    shown = list(shown)
    return [
        page(
            "CollectionPage",
            WALL.name,
            path,
            site,
            description=str(WALL.description),
            mainEntity=item_list(site, _rows(shown)),
        ),
        breadcrumb(site, (WALL.name, "")),
        *site_nodes(site, award=awards(shown)),
    ]


def level_or_year(
    site: SiteSettings, *, title: str, shown: Iterable[Honor], path: str
) -> list[Node]:
    shown = list(shown)
    return [
        page("CollectionPage", title, path, site, mainEntity=item_list(site, _rows(shown))),
        breadcrumb(site, _above(), (title, "")),
        *site_nodes(site, award=awards(shown)),
    ]


def honor(
    site: SiteSettings,
    *,
    honor: Honor,
    recipients: Iterable[tuple[str, str]],
    corrected: Iterable[Any],
) -> list[Node]:
    """``recipients``: of each, what it is called and its address or "", as the page has them."""
    name = localized(honor, "name")
    return [
        page(
            "WebPage",
            name,
            honor.get_absolute_url(),
            site,
            about=_receivers(honor, recipients, site),
            datePublished=iso_datetime(honor.published_at),
            dateModified=iso_datetime(honor.released_at),
            correction=corrections(corrected),
        ),
        breadcrumb(site, _above(), (name, "")),
        *site_nodes(site, award=awards([honor])),
    ]


def awards(honors: Iterable[Honor]) -> list[str]:
    """Those that the court itself holds: of others', or of what was rescinded, it has none."""
    held = (honor for honor in honors if not honor.rescinded and _is_the_courts(honor))
    return list(dict.fromkeys(localized(honor, "name") for honor in held))


def _is_the_courts(honor: Honor) -> bool:
    return any(row["kind"] == RecipientKind.COURT for row in honor.recipients)


def _receivers(
    honor: Honor, recipients: Iterable[tuple[str, str]], site: SiteSettings
) -> list[Node]:
    """Whom the page is about. “20余名干警” are nobody in particular."""
    award = "" if honor.rescinded else localized(honor, "name")
    found = []
    for row, (name, path) in zip(honor.recipients, recipients, strict=True):
        url = absolute_url(path, site) if path else ""
        if row["kind"] == RecipientKind.COURT:
            found.append(court(site))
        elif row["kind"] == RecipientKind.PERSON:
            found.append(node("Person", name=name, url=url, award=award))
        elif row["kind"] == RecipientKind.DEPARTMENT:
            found.append(
                node(
                    "Organization",
                    name=name,
                    url=url,
                    award=award,
                    parentOrganization=court(site),
                )
            )
    return found


def _above() -> Link:
    return str(WALL.name), reverse(WALL.route)


def _rows(shown: Iterable[Honor]) -> list[Link]:
    return [(localized(honor, "name"), honor.get_absolute_url()) for honor in shown]
