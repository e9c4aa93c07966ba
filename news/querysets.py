"""Queries for articles, shared by pages, feeds and sitemaps."""

from __future__ import annotations

from typing import Any, Protocol, Self

from portal.publishing.querysets import PublishableQuerySet
from portal.web.languages import ENGLISH, is_english


class ColumnNode(Protocol):
    """The part of ``Column`` that queries of its articles need."""

    @property
    def pk(self) -> Any: ...

    @property
    def parent_id(self) -> int | None: ...


class ArticleQuerySet(PublishableQuerySet):
    """Articles, newest first."""

    def for_lists(self) -> Self:
        """Load what an entry of a list shows, with a fixed number of queries."""
        return (
            self.defer("body")
            .select_related("column", "section")
            .prefetch_related("picture_rows__image")
        )

    def of_all_columns(self) -> Self:
        """Select the partial index by date, for lists of all columns.

        The condition holds for every public row. Lists of one column leave it out: PostgreSQL would
        otherwise scan all articles by date to find the next one of the column.
        """
        return self.filter(released_at__isnull=False)

    def in_page_language(self) -> Self:
        """Select what the current page lists: everything on Chinese pages, else English texts."""
        return self.filter(language=ENGLISH) if is_english() else self

    def in_section(self, column: ColumnNode) -> Self:
        """Select the articles of a column, including those of its child columns."""
        if column.parent_id is None:
            return self.filter(section=column.pk)
        return self.filter(column=column.pk)
