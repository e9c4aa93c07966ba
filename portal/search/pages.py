"""What the page of this room is called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.site.page_info import PageInfo

# A way into all that is published: the inspectors' list has no type that is nearer.
SEARCH = PageInfo(
    "search",
    _("Search"),
    _("All that this site has published, by words, column and date."),
    "信息公开指南",
)
