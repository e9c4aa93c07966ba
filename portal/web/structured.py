"""Structured data of public pages (JSON-LD with the schema.org vocabulary).

The module ``structured.py`` of each app builds the nodes of its pages. A view adds ``structured``,
a function of the site settings, to the template context; the page's head contains the function's
result as one data block. The block contains only facts that the page shows. SearchAction is
omitted, because Google removed the sitelinks search box in November 2024.
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
#: (title, path) of an entry of a list or of a step of a breadcrumb.
Link = tuple[str | Promise, str]

# Characters that could end the script element or begin markup in it. U+2028 and U+2029 are line
# terminators in JavaScript.
_ESCAPED = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}


def json_ld_script(nodes: Iterable[Node]) -> SafeString:
    """Return the script element with a page's data. CSP allows it: browsers do not execute it."""
    graph = {"@context": "https://schema.org", "@graph": list(nodes)}
    text = json.dumps(graph, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED)
    # The result is safe: every character that has a meaning in HTML is escaped.
    return SafeString(f'<script type="application/ld+json">{text}</script>')


def node(kind: str, **properties: Any) -> Node:
    """Return a node of the schema.org type ``kind`` with the properties that are not empty.

    The keyword argument ``at`` becomes the node's ``@id``.
    """
    named = {"@id": at} if (at := properties.pop("at", "")) else {}
    return {"@type": kind, **named} | {name: value for name, value in properties.items() if value}


def iso_datetime(value: datetime | None) -> str:
    """Return a time in ISO 8601 format with seconds and UTC offset; "" for None."""
    return timezone.localtime(value).isoformat("T", "seconds") if value else ""


# Nodes of the court and of its web site


def court(site: SiteSettings) -> Node:
    """Return a reference to the node of this court, which ``site_nodes`` describes."""
    return {"@id": absolute_url("/#court", site)}


def site_nodes(site: SiteSettings, **more: Any) -> list[Node]:
    """Return the node of the court, with the facts of the page footer, and that of its web site.

    ``more`` are further properties of the court's node.
    """
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
    """Return the node of a postal address; None if address and postcode are empty."""
    if not address and not postcode:
        return None
    return node("PostalAddress", streetAddress=address, postalCode=postcode)


# Nodes of pages


def page(kind: str, name: Any, path: str, site: SiteSettings, **more: Any) -> Node:
    """Return the node of a page of this site; ``kind`` is the page's schema.org type."""
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
    """Return the breadcrumb node of a page; the front page is added as the first step.

    The last step may be the page itself, with an empty path, because the page does not link to
    itself.
    """
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
    """Return the node of a page's list with its entries in order; None if it has no entries."""
    items = [
        node("ListItem", position=position, name=str(name), url=absolute_url(path, site))
        for position, (name, path) in enumerate(rows, 1)
    ]
    return node("ItemList", itemListElement=items) if items else None


def corrections(rows: Iterable[Any]) -> list[Node]:
    """Return a node for each public correction of a text, in the order of the page."""
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
