"""Column data (name, description, type) of the feedback pages, required by standard T2."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.site.page_info import PageInfo

FEEDBACK = PageInfo(
    "feedback",
    _("Errors on this site, letters to the court"),
    _(
        "Tell us what is wrong on this site, or write to the court. You get a number with which "
        "you can read our answer here."
    ),
    "咨询投诉",
)
