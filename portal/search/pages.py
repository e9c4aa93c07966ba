"""The title, description and column type of the search page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.site.page_info import PageInfo

# The inspection standard's list of column types (G47) has no type for a search page; the guide to
# open information is the nearest.
SEARCH = PageInfo(
    "search",
    _("Search"),
    _("All that this site has published, by words, column and date."),
    "信息公开指南",
)
