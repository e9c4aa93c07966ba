"""Column data (name, description, type) of pages that are not columns in the database."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class PageInfo:
    """The name, description and column type of a page that is not a column.

    The inspection of government sites requires these data of every page (standard T2).
    ``column_type`` is one of the fourteen values of ``news.choices.ColumnType``. A page whose
    description is empty uses the description of the site.
    """

    route: str
    name: str | Promise
    description: str | Promise
    column_type: str
    keywords: str = ""
