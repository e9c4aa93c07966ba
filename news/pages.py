"""Column data (name, description and type, standard T2) of news pages that are not columns."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.site.page_info import PageInfo
from portal.web.languages import localized

from .choices import ColumnType
from .models import Topic

INDEX = PageInfo(
    "news:index",
    _("All columns"),
    _("The columns of this site with their latest texts."),
    ColumnType.WORK,
)


def of_topic(topic: Topic) -> PageInfo:
    """Return the column data (name, description, type) of the page of a topic."""
    name = localized(topic, "name")
    return PageInfo("topic", name, localized(topic, "description") or name, ColumnType.WORK)
