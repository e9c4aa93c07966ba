"""Pages that act as a column though no column stands behind them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class PageInfo:
    """A page as the inspection of government sites wants it named (T2).

    ``column_type`` is one of the fourteen that inspectors know (``news.models.ColumnType``). What
    has no description of its own is described as the site is.
    """

    route: str
    name: str | Promise
    description: str | Promise
    column_type: str
    keywords: str = ""
