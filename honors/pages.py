"""Route, title, description and column type of the honour wall, for all public pages of honours."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.site.page_info import PageInfo

WALL = PageInfo(
    "honors:wall",
    _("Honour wall"),
    _("The honours of this court by level and year, each with its source."),
    "工作动态",
)
