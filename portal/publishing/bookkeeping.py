"""Auxiliary tables: row counts of public lists, the lease of ``run_due``, failures of due items."""

from __future__ import annotations

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ListCount(models.Model):
    """The number of rows of a public list in one month of ``list_date`` (202107 for July 2021)."""

    key = models.CharField(max_length=100)
    month = models.PositiveIntegerField()
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("key", "month", name="publishing_one_list_count"),
            models.CheckConstraint(
                name="publishing_list_count_not_negative", condition=Q(count__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.month}: {self.count}"


class Lease(models.Model):
    """The process that does a job which only one process at a time may do.

    The lease ends at ``until``; another process may then take it.
    """

    name = models.CharField(primary_key=True, max_length=40)
    holder = models.CharField(max_length=100, blank=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"


class DueFailure(models.Model):
    """A failed release or expiry, which the admin shows as overdue until it succeeds."""

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
