"""The index: a row for each document. What readers may find and what the desk may lie apart.

Beside each table its database keeps what it searches with (migration 0002): on SQLite an FTS5
table whose rowid is the row's ``ordinal``, on PostgreSQL a column ``vector`` with a GIN index.
``index`` alone writes them.
"""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q


class OrdinalField(models.BigIntegerField):
    """On SQLite the rowid itself: "integer", to the letter, is a primary key's quickest kind."""

    def db_type(self, connection: Any) -> str | None:
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)


class IndexRow(models.Model):
    """A document as it is searched.

    ``ordinal`` is the time it is ordered by, made unique (``documents.ordinal``): the newest first
    is the largest first, and no other order is ever sorted for. The columns that a search reads
    stand before those that only a page shows: SQLite reads a row from its beginning.
    """

    ordinal = OrdinalField(primary_key=True)
    content_type = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    object_id = models.PositiveBigIntegerField()
    #: Tokens that no text has: kind, groups, files.
    facets = models.TextField()
    #: Of everything below and above, and of the way it is cut: whether a row is as it should be.
    digest = models.CharField(max_length=32)
    #: The title, folded_text.
    folded_title = models.TextField()
    #: Title and text, folded_text.
    folded_text = models.TextField()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id"], name="search_%(class)s_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.content_type_id}/{self.object_id}"


class PublicIndex(IndexRow):
    """What readers may find: exactly what is public, changed with it in one transaction."""

    day = models.DateField(null=True)
    title = models.TextField()
    #: The text after the title, as it reads.
    text = models.TextField()

    class Meta(IndexRow.Meta):
        db_table = "search_public"


class StaffIndex(IndexRow):
    """What the newsroom may find: the newest text of every object, released or not."""

    class Meta(IndexRow.Meta):
        db_table = "search_staff"


class FileText(models.Model):
    """The words of an attachment, taken out of it once; a file that can't be read has none."""

    class State(models.TextChoices):
        PENDING = "pending"
        READ = "read"
        UNREADABLE = "unreadable"

    digest = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=4)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    text = models.TextField(blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tried_at"], condition=Q(state="pending"), name="search_to_read")
        ]

    def __str__(self) -> str:
        return f"{self.digest[:12]} {self.state}"


class RebuildProgress(models.Model):
    """How far a rebuild has come: what is killed goes on from here."""

    index = models.CharField(primary_key=True, max_length=10)
    #: The tokens' version that the whole index has; another one means to begin from nothing.
    version = models.PositiveIntegerField(default=0)
    #: The type at work and the last object done; empty when nothing is under way.
    model = models.CharField(max_length=100, blank=True, default="")
    object_id = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.index}: {self.model} {self.object_id}"
