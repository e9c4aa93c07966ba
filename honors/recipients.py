"""The recipients of an honour: the form of a row in their JSON column, and their labels."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class RecipientKind(models.TextChoices):
    """Kinds of recipients of an honour."""

    COURT = "court", _("This court")
    DEPARTMENT = "department", _("Department")
    PERSON = "person", _("Person")
    GROUP = "group", _("Unnamed people")


class RecipientRow(forms.Form):
    """The form for one recipient."""

    kind = forms.ChoiceField(label=_("who"), choices=[("", "—"), *RecipientKind.choices])
    name = forms.CharField(label=_("name"), max_length=60, required=False)
    count = forms.CharField(label=_("how many"), max_length=30, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind, name, count = (data.get(key, "") for key in ("kind", "name", "count"))
        if kind in {RecipientKind.DEPARTMENT, RecipientKind.PERSON} and not name:
            self.add_error("name", gettext("Write the name."))
        if kind == RecipientKind.GROUP and not count:
            self.add_error("count", gettext("Write how many, as it is printed: 20余名."))
        return data


def recipient_label(row: dict[str, str]) -> str:
    """Return a label for a recipient: 本院, a name, or “20余名干警”."""
    if row["kind"] == RecipientKind.COURT:
        return row["name"] or gettext("This court")
    if row["kind"] == RecipientKind.GROUP:
        return f"{row['count']}{row['name']}"
    return row["name"]
