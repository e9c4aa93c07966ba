"""Rows and measurements for the tests of public lists and of the admin's lists."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.utils import timezone

from news.models import Article, Column
from portal.publishing.states import State
from tests.news import test_flat as of_news

#: The time of publication of most rows: many rows have equal values of the sort column.
NOON = dt.datetime(2021, 7, 8, 12, tzinfo=dt.UTC)


def unsaved_article(column: Column, at: dt.datetime, **fields: object) -> Article:
    """Return a live article that is not saved yet."""
    return Article(
        state=State.LIVE,
        title="题目",
        working_title="题目",
        body="<p>文</p>",
        source="本院",
        column=column,
        section=column,
        published_at=at,
        published_on=timezone.localdate(at),
        released_at=at,
        **fields,
    )


def measure_query(sql: str, params: object = None) -> of_news.Cost:
    """Return the cost of a query (rows, blocks and steps) on the database of this test run."""
    measure = {"postgresql": of_news._postgresql, "sqlite": of_news._sqlite}[connection.vendor]
    return measure(sql, params)
