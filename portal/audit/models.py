"""The log of who did what: one row per act, each sealed with the hash of the row before it."""

import hashlib
import json
from datetime import UTC
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.audit.querysets import EntryQuerySet


class Entry(models.Model):
    """One act. Written by ``actions.log_event`` alone; the database refuses to change or delete it.

    Actor and object are kept as text beside their ids, without foreign keys: history outlives
    people and objects.
    """

    id = models.BigIntegerField(_("number"), primary_key=True)
    at = models.DateTimeField(_("time"))
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_label = models.CharField(_("actor"), max_length=255, blank=True)
    address = models.CharField(_("network address"), max_length=45, blank=True)
    action = models.CharField(_("action"), max_length=100)
    object_type = models.CharField(_("kind of object"), max_length=100, blank=True)
    object_id = models.CharField(_("object's number"), max_length=64, blank=True)
    object_label = models.CharField(_("object"), max_length=255, blank=True)
    result = models.CharField(_("result"), max_length=20, default="ok")
    details = models.JSONField(_("details"), default=dict, blank=True)
    previous_hash = models.CharField(_("hash of the entry before"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["at"], name="audit_entry_at"),
            models.Index(fields=["action", "id"], name="audit_entry_action"),
            models.Index(fields=["result", "id"], name="audit_entry_result"),
            models.Index(fields=["object_type", "object_id", "id"], name="audit_entry_object"),
            models.Index(fields=["actor_id", "id"], name="audit_entry_actor"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(id__gte=1), name="audit_entry_number_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.action} {self.object_label}".strip()

    def computed_hash(self) -> str:
        """Return the hash this row must carry: SHA-256 over its canonical JSON."""
        return hashlib.sha256(canonical(self._sealed()).encode()).hexdigest()

    def _sealed(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor_id": self.actor_id,
            "actor_label": self.actor_label,
            "address": self.address,
            "action": self.action,
            "object_type": self.object_type,
            "object_id": self.object_id,
            "object_label": self.object_label,
            "result": self.result,
            "details": self.details,
            "previous_hash": self.previous_hash,
        }


class Head(models.Model):
    """The chain's end, one row: who holds its lock may write the next entry."""

    id = models.BigIntegerField(primary_key=True, default=1)
    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="audit_head_is_one_row")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash}"


def canonical(value: Any) -> str:
    """Return the one JSON text of a value, whatever order a database gave its keys back in."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
