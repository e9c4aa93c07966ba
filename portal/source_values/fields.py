"""Model fields that store a source value as text, and parts of its meaning in companion columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from .dates import SourceDate
from .forms import QuantityFormField, RankFormField, SourceDateFormField, SourceValueFormField
from .quantities import Quantity
from .ranks import Rank
from .values import MAX_DECIMAL_PLACES, MAX_DIGITS, SourceValue

#: Arguments of a companion DecimalField that is wide enough for every quantity.
DECIMAL: dict[str, Any] = {
    "max_digits": MAX_DIGITS + MAX_DECIMAL_PLACES,
    "decimal_places": MAX_DECIMAL_PLACES,
}


class SourceValueField(models.Field):
    """Base class of fields that store a source value as canonical JSON, an empty value as NULL.

    ``columns`` maps attributes of the value to companion columns of the same model. The field sets
    the companion columns on every save, so that the database can order and filter by the meaning:

        figure = QuantityField(null=True, columns={"sort": "figure_sort"})
        figure_sort = models.DecimalField(null=True, editable=False, **DECIMAL)

    ``save(update_fields=...)`` must name the companion columns, too. ``QuerySet.update`` and
    ``bulk_update`` do not call this field and leave the companion columns unchanged.
    """

    value_class: ClassVar[type[SourceValue]]
    form_class: ClassVar[type[SourceValueFormField]]
    #: The names of the attributes of the value that may be stored in companion columns.
    attributes: ClassVar[frozenset[str]]

    description = _("What a source prints, and what it means")
    empty_strings_allowed = False
    default_error_messages = {"invalid": _("This is not a stored figure, date or rank.")}

    def __init__(self, *args: Any, columns: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        self.columns = dict(columns or {})
        super().__init__(*args, **kwargs)

    def get_internal_type(self) -> str:
        return "TextField"

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        """Deconstruct to a text field, because migrations must not import code of this project."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def clone(self) -> Any:
        """Copy the field with its companion columns, which ``deconstruct`` omits."""
        _name, _path, args, kwargs = self.deconstruct()
        return type(self)(*args, **kwargs, columns=self.columns)

    # System checks

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        found = super().check(**kwargs)
        for attribute, name in self.columns.items():
            if error := self._companion_error(attribute, name):
                number, text = error
                found.append(checks.Error(text, obj=self, id=f"source_values.E00{number}"))
        return found

    def _companion_error(self, attribute: str, name: str) -> tuple[int, str] | None:
        """Return the id suffix and the text of a companion's check error; None if it is correct."""
        if attribute not in self.attributes:
            return 1, f"A {self.value_class.__name__} has no attribute '{attribute}'."
        try:
            companion = self.model._meta.get_field(name)
        except FieldDoesNotExist:
            return 2, f"The companion column '{name}' does not exist."
        columns = list(self.model._meta.local_concrete_fields)
        if companion not in columns:
            return 2, f"The companion '{name}' is not a column of this model's own table."
        # Django prepares the fields in the order of their declaration: a companion declared before
        # this field would be saved with its old value.
        if columns.index(companion) < columns.index(self):
            return 3, f"The companion column '{name}' must be declared after '{self.name}'."
        if not companion.null:
            return 4, f"The companion column '{name}' must allow null."
        if isinstance(companion, models.DecimalField) and not (
            companion.decimal_places >= DECIMAL["decimal_places"]
            and companion.max_digits - companion.decimal_places >= MAX_DIGITS
        ):
            return 5, (
                f"The companion column '{name}' is too narrow: "
                f"use **portal.source_values.fields.DECIMAL ({DECIMAL})."
            )
        return None

    # Conversion to and from the database

    def from_db_value(
        self, value: str | None, expression: Any, connection: Any
    ) -> SourceValue | None:
        return None if value is None else self.value_class.from_canonical(value)

    def to_python(self, value: Any) -> SourceValue | None:
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                value = self.value_class.from_canonical(value)
            except ValueError as error:
                raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        if not isinstance(value, self.value_class):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return value if value.printed else None

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        if hasattr(value, "resolve_expression"):
            return value
        value = self.to_python(value)
        return None if value is None else value.canonical()

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.attname)
        if hasattr(value, "resolve_expression"):
            return value
        value = self.to_python(value)
        setattr(model_instance, self.attname, value)
        for attribute, name in self.columns.items():
            setattr(model_instance, name, None if value is None else getattr(value, attribute))
        return value

    def value_to_string(self, obj: Any) -> Any:
        return self.get_prep_value(self.value_from_object(obj))

    # Form field, and display for reviewers

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{"form_class": self.form_class, **kwargs})

    def display_value(self, value: Any) -> str:
        """Return a value, or its canonical text, as printed text and description, for reviewers."""
        value = self.to_python(value)
        return "" if value is None else f"{value.printed}（{value.describe()}）"


_COMMON_ATTRIBUTES = {"printed", "is_understood", "is_automatic", "sort"}


class SourceDateField(SourceValueField):
    value_class = SourceDate
    form_class = SourceDateFormField
    attributes = frozenset({*_COMMON_ATTRIBUTES, *SourceDate.PART_TYPES})


class QuantityField(SourceValueField):
    value_class = Quantity
    form_class = QuantityFormField
    attributes = frozenset(
        {*_COMMON_ATTRIBUTES, *Quantity.PART_TYPES, "low", "high", "low_open", "high_open"}
    )


class RankField(SourceValueField):
    value_class = Rank
    form_class = RankFormField
    attributes = frozenset({*_COMMON_ATTRIBUTES, *Rank.PART_TYPES})
