"""Column data of the pages in ``portal.views`` and ``portal.sitemaps`` (standard T2).

The site map and the list of corrections use the type “信息公开指南” (guide to disclosure): the
standard has no type of their own.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.site.page_info import PageInfo

HOME = PageInfo("home", _("Front page"), "", "首页")  # described by the site's own description
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
