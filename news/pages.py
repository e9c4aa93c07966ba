"""What the pages of news are called that are no column."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.site.page_info import PageInfo
from portal.web.languages import localized

from .models import ColumnType, Topic

INDEX = PageInfo(
    "news:index",
    _("All columns"),
    _("The columns of this site with their latest texts."),
    ColumnType.WORK,
)


def of_topic(topic: Topic) -> PageInfo:
    """A topic gathers what the court reports of one of its works."""
    name = localized(topic, "name")
    return PageInfo("topic", name, localized(topic, "description") or name, ColumnType.WORK)
