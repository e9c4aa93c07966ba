"""Page titles, descriptions and column types of ``portal.views`` and ``portal.sitemaps``.

The site map and the list of corrections have the column type “信息公开指南” (guide to
disclosure), because standard T2 has no better type for them.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.site.page_info import PageInfo

HOME = PageInfo("home", _("Front page"), "", "首页")  # the page uses the description of the site
CORRECTIONS = PageInfo(
    "corrections",
    _("Corrections and withdrawals"),
    _(
        "Whatever this court changes after publishing it is listed here, and so is whatever it "
        "takes back."
    ),
    "信息公开指南",
)
SITE_MAP = PageInfo(
    "site-map",
    _("Site map"),
    _("Every column and every page of this site from which others are reached."),
    "信息公开指南",
)
