"""Database indexes of the articles, grouped by the lists that use them."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

ARTICLE_INDEXES = [
    # Used only by lists of all columns, whose querysets repeat the condition (``of_all_columns``).
    models.Index(
        fields=["state", "-published_at", "-id"],
        condition=Q(released_at__isnull=False),
        name="news_article_by_date",
    ),
    models.Index(fields=["column", "state", "-published_at", "-id"], name="news_article_by_column"),
    models.Index(
        fields=["section", "state", "-published_at", "-id"], name="news_article_by_section"
    ),
    # Partial, like every index that begins with the state: in queries for given ids, SQLite would
    # otherwise prefer the index to the primary key.
    models.Index(
        fields=["state", "expires_at"],
        condition=Q(expires_at__isnull=False),
        name="news_article_by_expiry",
    ),
    models.Index(
        fields=["state", "-withdrawn_at"],
        condition=Q(withdrawn_at__isnull=False),
        name="news_article_by_withdrawal",
    ),
    # Partial, because SQLite does not use an index on a boolean column.
    models.Index(
        fields=["state", "-published_at", "-id"],
        condition=Q(featured=True),
        name="news_article_featured",
    ),
    models.Index(
        fields=["column", "state", "-published_at", "-id"],
        condition=Q(pinned=True),
        name="news_article_pinned",
    ),
    models.Index(
        fields=["section", "state", "-published_at", "-id"],
        condition=Q(pinned=True),
        name="news_article_pinned_in_section",
    ),
    # For the lists of the English pages; partial, because few articles are in English.
    models.Index(
        fields=["state", "-published_at", "-id"],
        condition=Q(language="en"),
        name="news_article_english",
    ),
    models.Index(
        fields=["column", "state", "-published_at", "-id"],
        condition=Q(language="en"),
        name="news_article_english_in_column",
    ),
    models.Index(
        fields=["section", "state", "-published_at", "-id"],
        condition=Q(language="en"),
        name="news_article_english_below",
    ),
    # For the admin's list and its filters. ``StateFilter`` compares Lower("state"), hence that
    # index.
    models.Index(fields=["-created_at", "-id"], name="news_article_newest_work"),
    models.Index(
        Lower("state"),
        F("created_at").desc(),
        F("id").desc(),
        name="news_article_work_by_state",
    ),
    models.Index(
        fields=["working_column", "-created_at", "-id"], name="news_article_work_by_column"
    ),
    models.Index(
        "working_column",
        Lower("state"),
        F("created_at").desc(),
        F("id").desc(),
        name="news_article_work_by_both",
    ),
    models.Index(
        fields=["-created_at", "-id"],
        condition=Q(pinned=True),
        name="news_article_work_pinned",
    ),
    models.Index(
        fields=["-created_at", "-id"],
        condition=Q(featured=True),
        name="news_article_work_featured",
    ),
]
