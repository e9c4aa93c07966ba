"""What an object says of itself to whoever searches: the protocol between the press and search."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What a reader narrows a search to."""

    ARTICLES = "articles", _("Articles")
    HONORS = "honors", _("Honours")
    DATA = "data", _("Judicial data")
    COURT = "court", _("The court")


@dataclass(frozen=True)
class SearchDocument:
    """Plain text only. What is attached (captions, files) is added by whoever makes the index.

    ``english`` is what it says of itself in English, ``hidden_terms`` what finds it and is no text:
    neither is quoted where readers read the other. ``groups`` name the places it stands in, as the
    roof names them to readers (an article's column); ``on`` is what it is ordered by, None where
    that is unknown.
    """

    kind: Kind
    title: str
    summary: str = ""
    body: str = ""
    words: tuple[str, ...] = ()
    english: tuple[str, ...] = ()
    hidden_terms: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    on: date | datetime | None = None
