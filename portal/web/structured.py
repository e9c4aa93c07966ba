"""Structured data: what a page shows, once more for machines (JSON-LD, schema.org).

Each room says its own (``structured.py``). A view puts that under ``structured`` into its page's
context, as a function of the site's settings; the head writes it as one data block. Nothing stands
there that the page does not show. The search box of result lists (SearchAction) is left out: those
who read it gave it up in November 2024.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.site.models import SiteSettings

from .languages import localized
from .origin import absolute_url
from .templatetags.web import language_tag

Node = dict[str, Any]
#: What stands on a page, as its lists and breadcrumbs have it: what it is called, its path.
Link = tuple[str | Promise, str]

# What would end the block or begin something else in it; the last two end a line in JavaScript.
_ESCAPED = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}


def block(nodes: Iterable[Node]) -> SafeString:
    """The data block of a page. Browsers never run it, so that no policy need allow it."""
    graph = {"@context": "https://schema.org", "@graph": list(nodes)}
    text = json.dumps(graph, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED)
    # Safe: JSON holds none of the marks that HTML knows, once they are escaped.
    return SafeString(f'<script type="application/ld+json">{text}</script>')


def node(kind: str, **properties: Any) -> Node:
    """A thing with the properties that have a value; ``at`` is its address, which names it."""
    named = {"@id": at} if (at := properties.pop("at", "")) else {}
    return {"@type": kind, **named} | {name: value for name, value in properties.items() if value}


def iso_datetime(moment: datetime | None) -> str:
    return timezone.localtime(moment).isoformat("T", "seconds") if moment else ""


# --- the house -----------------------------------------------------------------------------------


def court(site: SiteSettings) -> Node:
    """A mention of this court; ``house`` says who that is."""
    return {"@id": absolute_url("/#court", site)}


def site_nodes(site: SiteSettings, **more: Any) -> list[Node]:
    """The court, as every page's foot names it, and its site; ``more`` of the court."""
    address = localized(site, "address")
    return [
        node(
            "GovernmentOrganization",
            at=court(site)["@id"],
            name=localized(site, "name"),
            url=absolute_url("/", site),
            address=postal_address(address, site.postcode),
            telephone=site.phone,
        )
        | {name: value for name, value in more.items() if value},
        node(
            "WebSite",
            at=absolute_url("/#site", site),
            name=localized(site, "name"),
            url=absolute_url("/", site),
            publisher=court(site),
        ),
    ]


def postal_address(address: str, postcode: str) -> Node | None:
    if not address and not postcode:
        return None
    return node("PostalAddress", streetAddress=address, postalCode=postcode)


# --- pages ---------------------------------------------------------------------------------------


def page(kind: str, name: Any, path: str, site: SiteSettings, **more: Any) -> Node:
    """A page of this site."""
    address = absolute_url(path, site)
    return node(
        kind,
        at=address,
        name=str(name),
        url=address,
        inLanguage=language_tag(get_language()),
        isPartOf={"@id": absolute_url("/#site", site)},
        **more,
    )


def breadcrumb(site: SiteSettings, *steps: Link) -> Node:
    """Where a page stands, from the front page on; the page itself, if it is named, without a
    path: it is no link there either."""
    rows = [(_("Front page"), reverse("home")), *steps]
    return node(
        "BreadcrumbList",
        itemListElement=[
            node(
                "ListItem",
                position=position,
                name=str(name),
                item=node("WebPage", at=absolute_url(path, site), name=str(name)) if path else None,
            )
            for position, (name, path) in enumerate(rows, 1)
        ],
    )


def item_list(site: SiteSettings, rows: Iterable[Link]) -> Node | None:
    """What a page lists, in its order."""
    items = [
        node("ListItem", position=position, name=str(name), url=absolute_url(path, site))
        for position, (name, path) in enumerate(rows, 1)
    ]
    return node("ItemList", itemListElement=items) if items else None


def corrections(rows: Iterable[Any]) -> list[Node]:
    """The public changes of a text, as its page lists them."""
    return [
        node(
            "CorrectionComment",
            name=_("Correction of substance")
            if row.change_kind == "substance"
            else _("Typographical correction"),
            text=row.public_note,
            datePublished=iso_datetime(row.released_at),
        )
        for row in rows
    ]
