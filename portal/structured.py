"""What the pages of the roof say to machines; see ``portal.web.structured``."""

from __future__ import annotations

from collections.abc import Iterable

from honors import structured as ledger
from honors.models import Honor
from portal.site.models import SiteSettings
from portal.site.places import Place
from portal.web.languages import told
from portal.web.structured import Node, breadcrumb, court, house, page


def home(site: SiteSettings, *, honors: Iterable[Honor], path: str) -> list[Node]:
    """The court, with the honours that hang on its front page."""
    front = page(
        "WebPage",
        told(site, "name"),
        path,
        site,
        description=told(site, "description"),
        about=court(site),
    )
    return [front, *house(site, award=ledger.awards(honors))]


def plain(site: SiteSettings, *, place: Place, path: str) -> list[Node]:
    """A page that is about this site itself."""
    return [
        page("WebPage", place.name, path, site, description=str(place.description)),
        breadcrumb(site, (place.name, "")),
        *house(site),
    ]
