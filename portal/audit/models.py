"""The audit log: one row for each action. A row's hash covers the hash of the row before it."""

import hashlib
import json
from datetime import UTC
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.audit.querysets import EntryQuerySet


class Entry(models.Model):
    """One logged action. Only ``audit.actions`` creates rows; triggers refuse UPDATE and DELETE.

    The actor and the object are stored as ids and as text, without foreign keys, so that an entry
    remains readable after the account or the object was deleted.
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
        """Return the SHA-256 digest (hex) of the canonical JSON of all other columns."""
        return hashlib.sha256(canonical_json(self._hashed_values()).encode()).hexdigest()

    def _hashed_values(self) -> dict[str, Any]:
        """Return the columns that the hash covers, as values that JSON can represent."""
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
    """The id and hash of the newest entry, in a single row whose lock serialises new entries."""

    id = models.BigIntegerField(primary_key=True, default=1)
    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="audit_head_is_one_row")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash}"


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys, since databases may return an object's keys in any order."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
