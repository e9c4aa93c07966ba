"""A model field that stores a few small rows (posts, recipients, telephone numbers) as JSON.

The rows belong to one object and are always read with it, so they need no table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.widgets import Script
from django.utils.translation import gettext as _

Row = dict[str, str]

#: Maximum number of rows in one field.
MAX_ROWS = 200


class RowsField(models.Field):
    """A list of dicts of strings, stored as JSON in a text column.

    ``row`` is the form class of one row: its field names are the keys, and every value is text.
    """

    def __init__(self, *args: Any, row: type[forms.Form] | None = None, **kwargs: Any) -> None:
        self.row = row
        super().__init__(*args, **{"default": list, "blank": True, **kwargs})

    def get_internal_type(self) -> str:
        return "TextField"

    def deconstruct(self) -> Any:
        """Deconstruct to a text field, so that migrations import no code of this project."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, {**kwargs, "default": list}

    def clone(self) -> Any:
        """Copy the field with its row form, which ``deconstruct`` leaves out."""
        _name, _path, args, kwargs = self.deconstruct()
        return type(self)(*args, **kwargs, row=self.row)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> list[Row]:
        return json.loads(value) if value else []

    def to_python(self, value: Any) -> list[Row]:
        """Return the rows with exactly the keys of the row form; leave out empty rows."""
        if not value:
            return []
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError as error:
                raise ValidationError("These are no rows.", code="invalid") from error
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            raise ValidationError("These are no rows.", code="invalid")
        keys = list(self.row.base_fields) if self.row else sorted({k for row in value for k in row})
        rows = [{key: str(row.get(key) or "").strip() for key in keys} for row in value]
        return [row for row in rows if any(row.values())]

    def get_prep_value(self, value: Any) -> str:
        return json.dumps(self.to_python(value), ensure_ascii=False, separators=(",", ":"))

    def value_to_string(self, obj: Any) -> str:
        return self.get_prep_value(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return RowsFormField(
            row=self.row,
            label=self.verbose_name,
            help_text=self.help_text,
            required=not self.blank,
        )

    def display_value(self, value: list[Row]) -> str:
        """Return the rows as text, one line for each row, for reviews and differences."""
        lines = []
        for row in value:
            texts = [self._display_text(key, text) for key, text in row.items() if text]
            lines.append("　".join(texts))
        return "\n".join(lines)

    def _display_text(self, key: str, text: str) -> str:
        """Return the label of a choice, or any other text unchanged."""
        choices = dict(getattr(self.row.base_fields[key], "choices", ())) if self.row else {}
        return str(choices.get(text, text))


class RowsWidget(forms.Widget):
    """A widget that shows all rows and an empty one; ``rows-field.js`` adds more empty rows."""

    template_name = "admin/publishing/includes/rows_field.html"

    class Media:
        js = [Script("js/admin/rows-field.js", type="module")]

    def __init__(self, row: type[forms.Form]) -> None:
        self.row = row
        super().__init__()

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        rows = list(value or [])
        forms_ = [self._form(name, number, row) for number, row in enumerate([*rows, {}])]
        return {
            **super().get_context(name, value, attrs),
            "name": name,
            "forms": forms_,
            "blank": self._form(name, "__row__", {}),
        }

    def _form(self, name: str, number: int | str, row: Row) -> forms.Form:
        return self.row(initial=row, prefix=f"{name}-{number}", use_required_attribute=False)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        try:
            count = min(int(data.get(f"{name}-rows", 0)), MAX_ROWS + 1)
        except ValueError:
            count = 0
        rows = []
        for number in range(count):
            prefix = f"{name}-{number}"
            row = {
                key: field.widget.value_from_datadict(data, files, f"{prefix}-{key}") or ""
                for key, field in self.row.base_fields.items()
            }
            if any(str(text).strip() for text in row.values()):
                rows.append(row)
        return rows

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-rows" not in data

    def id_for_label(self, id_: str) -> str:
        """Return '', because the label belongs to the whole fieldset."""
        return ""

    use_fieldset = True


class RowsFormField(forms.Field):
    """A form field that validates each row with the row form; errors name the row and the field."""

    def __init__(self, *, row: type[forms.Form] | None, **kwargs: Any) -> None:
        if row is None:
            raise TypeError("A RowsField on a form needs its row form.")
        self.row = row
        super().__init__(widget=RowsWidget(row), **kwargs)

    def clean(self, value: Sequence[Row]) -> list[Row]:
        if len(value) > MAX_ROWS:
            raise ValidationError(_("At most %(count)s rows.") % {"count": MAX_ROWS})
        rows, errors = [], []
        for number, raw in enumerate(value, start=1):
            form = self.row(raw)
            if form.is_valid():
                rows.append({key: str(form.cleaned_data[key] or "") for key in form.fields})
                continue
            for name, messages in form.errors.items():
                label = form.fields[name].label if name in form.fields else ""
                errors.append(
                    _("Row %(number)s, %(field)s: %(why)s")
                    % {"number": number, "field": label, "why": " ".join(map(str, messages))}
                    if label
                    else _("Row %(number)s: %(why)s")
                    % {"number": number, "why": " ".join(map(str, messages))}
                )
        if errors:
            raise ValidationError(errors)
        return super().clean(rows)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != list(data or [])
