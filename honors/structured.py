"""Structured data (JSON-LD) of the public pages; see ``portal.web.structured``."""

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


def wall(site: SiteSettings, *, listed_honors: Iterable[Honor], path: str) -> list[Node]:
    """Return the nodes of the honour wall."""
    listed_honors = list(listed_honors)
    return [
        page(
            "CollectionPage",
            WALL.name,
            path,
            site,
            description=str(WALL.description),
            mainEntity=item_list(site, _links(listed_honors)),
        ),
        breadcrumb(site, (WALL.name, "")),
        *site_nodes(site, award=awards(listed_honors)),
    ]


def level_or_year(
    site: SiteSettings, *, title: str, listed_honors: Iterable[Honor], path: str
) -> list[Node]:
    """Return the nodes of a list of honours by level or year."""
    listed_honors = list(listed_honors)
    entries = item_list(site, _links(listed_honors))
    return [
        page("CollectionPage", title, path, site, mainEntity=entries),
        breadcrumb(site, _wall_link(), (title, "")),
        *site_nodes(site, award=awards(listed_honors)),
    ]


def honor(
    site: SiteSettings,
    *,
    honor: Honor,
    recipients: Iterable[tuple[str, str]],
    corrected: Iterable[Any],
) -> list[Node]:
    """Return the nodes of an honour's page; ``recipients`` are (name, URL path or "")."""
    name = localized(honor, "name")
    return [
        page(
            "WebPage",
            name,
            honor.get_absolute_url(),
            site,
            about=_recipient_nodes(honor, recipients, site),
            datePublished=iso_datetime(honor.published_at),
            dateModified=iso_datetime(honor.released_at),
            correction=corrections(corrected),
        ),
        breadcrumb(site, _wall_link(), (name, "")),
        *site_nodes(site, award=awards([honor])),
    ]


def awards(honors: Iterable[Honor]) -> list[str]:
    """Return the names of the honours that the court itself holds, without rescinded honours."""
    held = (honor for honor in honors if not honor.rescinded and _is_held_by_court(honor))
    return list(dict.fromkeys(localized(honor, "name") for honor in held))


def _is_held_by_court(honor: Honor) -> bool:
    return any(row["kind"] == RecipientKind.COURT for row in honor.recipients)


def _recipient_nodes(
    honor: Honor, recipients: Iterable[tuple[str, str]], site: SiteSettings
) -> list[Node]:
    """Return the nodes of the recipients; unnamed groups such as “20余名干警” have no node."""
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


def _wall_link() -> Link:
    return str(WALL.name), reverse(WALL.route)


def _links(listed_honors: Iterable[Honor]) -> list[Link]:
    return [(localized(honor, "name"), honor.get_absolute_url()) for honor in listed_honors]
