"""What the pages of news are called that are no column."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.site.places import Place
from portal.web.languages import told

from .models import ColumnType, Topic

INDEX = Place(
    "news:index",
    _("All columns"),
    _("The columns of this site with their latest texts."),
    ColumnType.WORK,
)


def of_topic(topic: Topic) -> Place:
    """A topic gathers what the court reports of one of its works."""
    name = told(topic, "name")
    return Place("topic", name, told(topic, "description") or name, ColumnType.WORK)
