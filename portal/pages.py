"""Pages of the roof that act as columns (T2), and why each has its type.

What tells how to find one's way in what is published, and what was changed in it, belongs to the
guide to disclosure: there is no type for either.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.site.page_info import PageInfo

HOME = PageInfo("home", _("Front page"), "", "首页")  # it is described as the site is
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
