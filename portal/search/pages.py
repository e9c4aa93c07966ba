"""Title and description of the search page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.site.page_info import PageInfo

# The inspectors' list of column types (G47) has none for search; this one is the nearest.
SEARCH = PageInfo(
    "search",
    _("Search"),
    _("All that this site has published, by words, column and date."),
    "信息公开指南",
)
