"""The interface between publishable models and the search: the searchable text of an object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """The kinds of content by which readers filter search results."""

    ARTICLES = "articles", _("Articles")
    HONORS = "honors", _("Honours")
    DATA = "data", _("Judicial data")
    COURT = "court", _("The court")


@dataclass(frozen=True)
class SearchDocument:
    """The searchable text of an object, as plain text.

    The search app adds the texts of attached images and files.
    """

    kind: Kind
    title: str
    summary: str = ""
    body: str = ""
    words: tuple[str, ...] = ()
    #: English texts, which search results in Chinese do not quote.
    english: tuple[str, ...] = ()
    #: Terms that find the object but are not quoted in results.
    hidden_terms: tuple[str, ...] = ()
    #: Keys of the search scopes that contain the object, such as an article's column.
    groups: tuple[str, ...] = ()
    #: The date by which results are ordered, or None if it is unknown.
    on: date | datetime | None = None
