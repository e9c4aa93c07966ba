"""Descriptions of pages that have no row in the table of columns."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class PageInfo:
    """The column data that the inspection of government sites requires of a page (standard T2).

    ``column_type`` is one of the fourteen values of ``news.choices.ColumnType``. A page without a
    description uses that of the site.
    """

    route: str
    name: str | Promise
    description: str | Promise
    column_type: str
    keywords: str = ""
