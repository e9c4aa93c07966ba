"""What the press keeps for itself: the lengths of lists, who is at work, what failed."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ListCount(models.Model):
    """How many rows a public list holds, by month and by day: kept, so that nobody counts.

    ``bucket`` is the day it is listed on as a number: 202107 for the month, 20210708 for
    the day. A deep page is found by adding up months, then days (``list_counts.get_page``).
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
    """How many rows of a crowded day a public list holds, from one row up to the next stretch.

    Only days with more than a few hundred rows of one list have any (an import that knows no more
    than the date). ``at`` and ``row`` are the value and the id that the oldest row may have.
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
    """Who does a job that only one process may do at a time, and until when without a sign."""

    name = models.CharField(primary_key=True, max_length=40)
    holder = models.CharField(max_length=100, blank=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"


class DueFailure(models.Model):
    """Something due that could not be done; shown at the desk as overdue until it is."""

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
