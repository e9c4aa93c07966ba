"""Structured data (schema.org) of the home page and of pages about the site itself.

See ``portal.web.structured``.
"""

from __future__ import annotations

from collections.abc import Iterable

from honors import structured as ledger
from honors.models import Honor
from portal.site.models import SiteSettings
from portal.site.page_info import PageInfo
from portal.web.languages import localized
from portal.web.structured import Node, breadcrumb, court, page, site_nodes


def home(site: SiteSettings, *, honors: Iterable[Honor], path: str) -> list[Node]:
    """Return the nodes of the home page: the court, with the honours that the page shows."""
    front = page(
        "WebPage",
        localized(site, "name"),
        path,
        site,
        description=localized(site, "description"),
        about=court(site),
    )
    return [front, *site_nodes(site, award=ledger.awards(honors))]


def simple_page(site: SiteSettings, *, page_info: PageInfo, path: str) -> list[Node]:
    """Return the nodes of a page about the site itself, such as the site map."""
    return [
        page("WebPage", page_info.name, path, site, description=str(page_info.description)),
        breadcrumb(site, (page_info.name, "")),
        *site_nodes(site),
    ]
