"""The levels of an honour in one column, because an honour may have two levels (省、市级)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Level(models.TextChoices):
    """Levels of honours in descending order, in which the honour wall lists them."""

    NATIONAL = "national", gettext_lazy("National level")
    PROVINCIAL = "provincial", gettext_lazy("Provincial level")
    MUNICIPAL = "municipal", gettext_lazy("Municipal level")
    DISTRICT = "district", gettext_lazy("District level")
    COURT = "court", gettext_lazy("Within the court")


class LevelsField(models.Field):
    """A tuple of levels, highest first, which is stored as comma-separated names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 60, "blank": True, "default": "", **kwargs})

    def get_internal_type(self) -> str:
        return "CharField"

    def deconstruct(self) -> Any:
        """Deconstruct to a CharField, because migrations must not import code of this project."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> tuple:
        return self.to_python(value)

    def to_python(self, value: Any) -> tuple[str, ...]:
        if not value:
            return ()
        given = value.split(",") if isinstance(value, str) else list(value)
        unknown = [each for each in given if each not in Level.values]
        if unknown:
            raise ValidationError(
                _("There is no level “%(level)s”.") % {"level": unknown[0]}, code="invalid"
            )
        return tuple(level.value for level in Level if level.value in given)

    def get_prep_value(self, value: Any) -> str:
        return ",".join(self.to_python(value))

    def value_to_string(self, obj: Any) -> str:
        return self.get_prep_value(self.value_from_object(obj))

    def validate(self, value: Any, model_instance: Any) -> None:
        """Skip Django's validation, because ``to_python`` has validated the value."""

    def run_validators(self, value: Any) -> None:
        """Skip the validators, because the length limit of text does not apply to a tuple."""

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return LevelsFormField(label=self.verbose_name, help_text=self.help_text, required=False)

    def display_value(self, value: Iterable[str]) -> str:
        return "、".join(str(Level(each).label) for each in value)


class LevelsFormField(forms.MultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Level.choices, **kwargs)

    def clean(self, value: Any) -> str:
        return ",".join(super().clean(value))
