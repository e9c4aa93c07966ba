"""Models of the search indexes: one row for each document, in a public and a staff table.

A migration adds an inverted index to each of the two tables: on SQLite an FTS5 table whose rowid
is the row's ``ordinal``, on PostgreSQL a column ``vector`` with a GIN index. Only the modules
``index`` and ``rebuilding`` write the two tables and their inverted indexes.
"""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q


class OrdinalField(models.BigIntegerField):
    """A 64-bit integer.

    On SQLite a primary key is the rowid itself only if its column type is exactly "integer".
    """

    def db_type(self, connection: Any) -> str | None:
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)

    def deconstruct(self) -> Any:
        """Return Django's field class: the initial migration defines the column type itself."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.BigIntegerField", args, kwargs


class IndexRow(models.Model):
    """The abstract model of a row in a search index: one searchable document.

    ``ordinal`` is the document's time, made unique (``documents.ordinal``): the newest document has
    the largest ordinal, and database queries sort by nothing else. The columns that a search reads
    precede the columns that only a page displays, because SQLite reads a row from its beginning.
    """

    ordinal = OrdinalField(primary_key=True)
    content_type = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    object_id = models.PositiveBigIntegerField()
    #: Tokens of properties that are not text, such as kind, search scopes and attached files.
    facets = models.TextField()
    #: A hash of the document and ``documents.rules_version``: shows if the row is up to date.
    digest = models.CharField(max_length=32)
    folded_title = models.TextField()
    #: The folded title and text.
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
    """The index of public content only, changed in the transaction that changes the content."""

    day = models.DateField(null=True)
    title = models.TextField()
    #: The text without the title, as a snippet displays it.
    text = models.TextField()

    class Meta(IndexRow.Meta):
        db_table = "search_public"


class StaffIndex(IndexRow):
    """The index for staff: the newest saved text of every object, released or not."""

    class Meta(IndexRow.Meta):
        db_table = "search_staff"


class FileText(models.Model):
    """The text of an attached file, extracted one time; empty if the file cannot be read."""

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
    """The progress of the rebuild of one index: an interrupted rebuild continues from it."""

    index = models.CharField(primary_key=True, max_length=10)
    #: ``documents.rules_version`` when the index was built; a change requires a rebuild.
    version = models.PositiveIntegerField(default=0)
    #: The label of the model that is being indexed; "" if no rebuild is under way. ``object_id`` is
    #: the id of that model's last indexed object.
    model = models.CharField(max_length=100, blank=True, default="")
    object_id = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.index}: {self.model} {self.object_id}"
