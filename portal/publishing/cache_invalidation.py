"""The admin of rows that public pages show but that do not pass through the workflow."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from . import signals


class CacheInvalidatingAdmin(admin.ModelAdmin):
    """A ModelAdmin that invalidates the stored public pages after every change.

    List this class after ``AuditedAdmin`` among the base classes: the signal is then sent inside
    the transaction of the change and before the audit log is written.
    """

    #: Whether public pages show the row, so that changing or deleting it removes public content.
    affects_public_pages = True

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self._invalidate(forbid_stale=change)

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        super().delete_model(request, obj)
        self._invalidate()

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        super().delete_queryset(request, queryset)
        self._invalidate()

    def _invalidate(self, *, forbid_stale: bool = True) -> None:
        """Announce the change; ``forbid_stale`` is False if no content shown before has changed."""
        signals.public_listing_changed.send(
            sender=self.model,
            reason=self.opts.label_lower,
            forbid_stale=forbid_stale and self.affects_public_pages,
        )
