"""The search indexes: a row for each document, public and staff documents in separate tables.

Beside each table its database has an inverted index, created by a migration: on SQLite an FTS5
table whose rowid is the row's ``ordinal``, on PostgreSQL a column ``vector`` with a GIN index.
Only ``index`` and ``rebuilding`` write them.
"""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q


class OrdinalField(models.BigIntegerField):
    """A 64-bit integer; on SQLite the type must be exactly "integer" to be the rowid itself."""

    def db_type(self, connection: Any) -> str | None:
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)

    def deconstruct(self) -> Any:
        """Deconstruct to Django's field: the initial migration defines its own column type."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.BigIntegerField", args, kwargs


class IndexRow(models.Model):
    """A searchable document.

    ``ordinal`` is the time that orders it, made unique (``documents.ordinal``): the newest first
    is the largest first, and no query sorts by anything else. The columns that a search reads come
    before those that only a page displays: SQLite reads a row from its beginning.
    """

    ordinal = OrdinalField(primary_key=True)
    content_type = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    object_id = models.PositiveBigIntegerField()
    #: Tokens that no text produces: kind, groups, files.
    facets = models.TextField()
    #: Over all columns and ``documents.rules_version``: shows whether the row is up to date.
    digest = models.CharField(max_length=32)
    #: The folded title.
    folded_title = models.TextField()
    #: Title and text, folded.
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
    """Index of what is public, and nothing else; changed in the transaction of the content."""

    day = models.DateField(null=True)
    title = models.TextField()
    #: The text without the title, as displayed.
    text = models.TextField()

    class Meta(IndexRow.Meta):
        db_table = "search_public"


class StaffIndex(IndexRow):
    """Index of the newest saved text of every object, released or not, for staff."""

    class Meta(IndexRow.Meta):
        db_table = "search_staff"


class FileText(models.Model):
    """The text of an attachment, extracted once; empty if the file cannot be read."""

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
    """The progress of an index's rebuild, from which an interrupted one continues."""

    index = models.CharField(primary_key=True, max_length=10)
    #: ``documents.rules_version`` of the whole index; if it differs, the index is rebuilt.
    version = models.PositiveIntegerField(default=0)
    #: The model being indexed and its last indexed object; empty if no rebuild is under way.
    model = models.CharField(max_length=100, blank=True, default="")
    object_id = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.index}: {self.model} {self.object_id}"
