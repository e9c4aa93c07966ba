"""Collections of articles, as pages, feeds and maps ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from portal.publishing.querysets import PublishableQuerySet
from portal.web.languages import ENGLISH, is_english

if TYPE_CHECKING:
    from .models import Column


#: The order of the navigation: each column, then those below it.
IN_ORDER = (
    Coalesce("parent__position", "position"),
    Coalesce("parent_id", "pk"),
    F("parent").asc(nulls_first=True),
    "position",
    "pk",
)


#: Of columns that know their newest article.
WITH_ARTICLES = Q(own__isnull=False) | Q(below__isnull=False)


class ArticleQuerySet(PublishableQuerySet):
    def for_lists(self) -> Self:
        """With all that a line of a list shows, in a fixed number of queries."""
        return (
            self.defer("body")
            .select_related("column", "section")
            .prefetch_related("picture_rows__image")
        )

    def of_all_columns(self) -> Self:
        """For the newest of everything. True of every public row, it opens an index of its own.

        Lists of one column must not see that index: to find the next article of a column,
        PostgreSQL would rather walk through all articles, which to an old one is a long way.
        """
        return self.filter(released_at__isnull=False)

    def listed(self) -> Self:
        """What lists of the page at hand show: Chinese pages everything, English ones what is in
        English."""
        return self.filter(language=ENGLISH) if is_english() else self

    def in_section(self, column: Column) -> Self:
        """The articles of a column, or of all columns below it."""
        if column.parent_id is None:
            return self.filter(section=column)
        return self.filter(column=column)


class ColumnQuerySet(models.QuerySet):
    def top(self) -> Self:
        return self.filter(parent=None).order_by("position", "pk")

    def in_order(self) -> Self:
        """As the navigation shows them: each column, then those below it."""
        return self.select_related("parent").order_by(*IN_ORDER)

    def shown(self) -> Self:
        """What the navigation may name: columns with articles, and pages that the portal makes.

        Whether such a page has anything to show, the roof knows (``context``).
        """
        pages = self.model._default_manager.exclude(page="")
        above = Q(pk__in=pages.exclude(parent=None).values("parent"))
        return self._with_newest().filter(WITH_ARTICLES | ~Q(page="") | above)

    def with_articles(self) -> Self:
        """Columns with something to read: an empty one is never shown (P1)."""
        return self._with_newest().filter(WITH_ARTICLES)

    def with_articles_of_any_language(self) -> Self:
        """Also those of which an English page can only say that their texts are in Chinese."""
        return self._with_newest(listed=False).filter(WITH_ARTICLES)

    def _with_newest(self, *, listed: bool = True) -> Self:
        """With the newest article of each, as ``own`` and ``below``; of those that the page at
        hand may list, or of all.

        Asked by the newest article, which an index knows: for EXISTS, PostgreSQL reads the whole
        table before it says that a column is empty.
        """
        column: Any = self.model
        articles = column.articles.field.model.objects
        live = articles.public().newest_first().values("pk")
        if listed:
            live = live.listed()
        return self.annotate(
            own=Subquery(live.filter(column=OuterRef("pk"))[:1]),
            below=Subquery(live.filter(section=OuterRef("pk"))[:1]),
        )
