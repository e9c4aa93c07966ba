"""Column data of pages that are not columns in the database."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class PageInfo:
    """The column data that the inspection of government sites requires of a page (standard T2).

    ``column_type`` is one of the fourteen values of ``news.choices.ColumnType``. A page whose
    description is empty uses the description of the site.
    """

    route: str
    name: str | Promise
    description: str | Promise
    column_type: str
    keywords: str = ""
