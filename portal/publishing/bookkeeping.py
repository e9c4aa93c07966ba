"""Tables of bookkeeping: lengths of lists, the lease of ``run_due``, failures of due items."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ListCount(models.Model):
    """The number of rows of a public list in a month or on a day.

    ``bucket`` is the month or the day of ``list_date`` as a number: 202107, 20210708. The start of
    a page is found by adding up months, then days (``list_counts.get_page``).
    """

    key = models.CharField(max_length=100)
    bucket = models.PositiveIntegerField()
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("key", "bucket", name="publishing_one_list_count"),
            models.CheckConstraint(
                name="publishing_list_count_not_negative", condition=Q(count__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.bucket}: {self.count}"


class CountChunk(models.Model):
    """The number of rows in one part of a day with many rows of a public list.

    Only days with more than ``list_counts.MAX_CHUNK_ROWS`` rows of one list are divided into
    chunks (for example after an import without times). A chunk holds the rows down to the one with
    the value ``oldest_at`` and the id ``oldest_id`` of the list's order.
    """

    key = models.CharField(max_length=100)
    day = models.PositiveIntegerField()
    oldest_at = models.DateTimeField()
    oldest_id = models.BigIntegerField()
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "key", "day", "oldest_at", "oldest_id", name="publishing_one_count_chunk"
            ),
            models.CheckConstraint(
                name="publishing_count_chunk_not_negative", condition=Q(count__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.day} {self.oldest_at} {self.oldest_id}: {self.count}"


class Lease(models.Model):
    """The process that does a job which only one process may do, and when its lease ends."""

    name = models.CharField(primary_key=True, max_length=40)
    holder = models.CharField(max_length=100, blank=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"


class DueFailure(models.Model):
    """A failed release or expiry, shown in the admin as overdue until it succeeds."""

    class Kind(models.TextChoices):
        RELEASE = "release", _("Scheduled release")
        EXPIRE = "expire", _("Expiry")

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.PositiveBigIntegerField()
    target = GenericForeignKey("content_type", "object_id")
    kind = models.CharField(max_length=8, choices=Kind)
    due_at = models.DateTimeField(_("due"))
    error = models.TextField(_("reason"))
    attempts = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    first_at = models.DateTimeField(auto_now_add=True)
    next_at = models.DateTimeField(_("next attempt"))

    class Meta:
        verbose_name = _("overdue item")
        verbose_name_plural = _("overdue items")
        constraints = [
            models.UniqueConstraint(
                "content_type", "object_id", "kind", name="publishing_one_failure"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.error}"
