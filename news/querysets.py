"""Database queries for articles, shared by pages, feeds and sitemaps."""

from __future__ import annotations

from typing import Any, Protocol, Self

from portal.publishing.querysets import PublishableQuerySet
from portal.web.languages import ENGLISH, is_english


class ColumnNode(Protocol):
    """The attributes of ``Column`` that the queries for its articles need."""

    @property
    def pk(self) -> Any: ...

    @property
    def parent_id(self) -> int | None: ...


class ArticleQuerySet(PublishableQuerySet):
    """QuerySet of articles."""

    def for_lists(self) -> Self:
        """Load the data that an entry of a list shows, with a fixed number of database queries."""
        return (
            self.defer("body")
            .select_related("column", "section")
            .prefetch_related("picture_rows__image")
        )

    def of_all_columns(self) -> Self:
        """Add a condition that makes lists of all columns use the partial index by date.

        Every public row satisfies the condition. Lists of one column must omit it: PostgreSQL would
        otherwise scan the articles of all columns by date to find those of the column.
        """
        return self.filter(released_at__isnull=False)

    def in_page_language(self) -> Self:
        """Select the articles that the page may list: all if it is Chinese, else English ones."""
        return self.filter(language=ENGLISH) if is_english() else self

    def in_section(self, column: ColumnNode) -> Self:
        """Select the articles of a column and of its child columns."""
        if column.parent_id is None:
            return self.filter(section=column.pk)
        return self.filter(column=column.pk)
