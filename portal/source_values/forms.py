"""Form fields of source values: inputs for the printed text and for the parts of its meaning.

On every save the server parses the printed text and ignores the submitted parts. If the editor
ticks "I say myself what it means", the submitted parts are stored as the meaning instead.
Everything works without JavaScript; ``source-values.js`` only updates the description during
typing.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, ClassVar, cast

from django import forms
from django.forms.widgets import Script
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .dates import Precision, SourceDate, parse_date
from .quantities import MAX_UNIT_LENGTH, Comparator, Quantity, parse_quantity
from .ranks import MAX_WORDS_LENGTH, Consecutive, Rank, parse_rank
from .values import MAX_PRINTED_LENGTH, SourceValue, single_line

UNKNOWN = "unknown"  # the value "unknown" in the choices of every part


class DayInput(forms.DateInput):
    input_type = "date"


def _text_part(label: Any, max_length: int) -> forms.Field:
    return forms.CharField(label=label, max_length=max_length, required=False)


def _day_part(label: Any) -> forms.Field:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"],
        widget=DayInput(format="%Y-%m-%d"),
    )


# Number parts use text inputs: a browser submits nothing if <input type="number"> has invalid text.
def _number_part(label: Any) -> forms.Field:
    return forms.DecimalField(
        label=label, required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )


def _count_part(label: Any) -> forms.Field:
    return forms.IntegerField(
        label=label, required=False, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )


def _choice_part(label: Any, choices: Any) -> forms.Field:
    return forms.ChoiceField(label=label, choices=choices, required=False)


def _boolean_part(label: Any) -> forms.Field:
    return forms.BooleanField(label=label, required=False)


class SourceValueWidget(forms.MultiWidget):
    """An input for the printed text, and one input for each part of the meaning.

    The first input has the name and the id of the field; the other inputs add a suffix to them.
    """

    template_name = "source_values/widget.html"
    use_fieldset = False
    kind: ClassVar[str]
    parts: ClassVar[dict[str, forms.Field]]

    #: The unit of the value if the text prints none.
    unit = ""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        widgets: dict[str, forms.Widget | type[forms.Widget]] = {
            "": forms.TextInput(attrs={"maxlength": MAX_PRINTED_LENGTH, "autocomplete": "off"}),
            "own": forms.CheckboxInput(),
            "default_unit": forms.HiddenInput(),
        }
        for name, part in self.parts.items():
            widgets[name] = deepcopy(part.widget)
        super().__init__(widgets, attrs)

    class Media:
        css = {"all": ["css/admin-source-values.css"]}
        js = [Script("js/admin/source-values.js", type="module")]

    def decompress(self, value: Any) -> list[Any]:
        if isinstance(value, str):  # an initial text that is not parsed yet
            value = PARSERS[self.kind](value, self.unit)
        if value is None:
            value = PARSERS[self.kind]("", "")
            unit = self.unit
        else:
            unit = self._default_unit(value)
        parts = ("" if part is None else part for part in value.parts.values())
        return [value.printed, not value.is_automatic, unit, *parts]

    def _default_unit(self, value: Any) -> str:
        """Return the default unit; a hidden input of the form submits it with the value."""
        return ""

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data  # browsers do not submit unticked checkboxes

    def id_for_label(self, id_: str) -> str:
        return id_

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        # Attributes such as "required" and "aria-describedby" are set on the first input only.
        input_attrs = dict(attrs or {})
        id_ = input_attrs.pop("id", "")
        values = value if isinstance(value, list | tuple) else self.decompress(value)
        context = super().get_context(name, values, {"id": id_} if id_ else {})
        widget = context["widget"]
        printed, own, unit, *parts = widget["subwidgets"]
        printed["attrs"] |= input_attrs
        if id_:
            for sub in widget["subwidgets"]:
                sub["attrs"]["id"] = id_ + sub["name"].removeprefix(name)
            described = [input_attrs.get("aria-describedby"), f"{id_}_reading"]
            printed["attrs"]["aria-describedby"] = " ".join(filter(None, described))
        labels = [(part, field.label) for part, field in self.parts.items()]
        value = self._parse_or_none(values)
        return context | {
            "printed": printed,
            "own": own,
            "default_unit": unit,
            "parts": [(*label, part) for label, part in zip(labels, parts, strict=True)],
            "url": reverse("source_values:understand", args=[self.kind]),
            "open": bool(values[1]),
            "reading": value.describe() if value else "",
            "is_understood": value is None or value.is_understood,
        }

    def _parse_or_none(self, values: Any) -> SourceValue | None:
        try:
            return parse_widget_values(self, values)
        except forms.ValidationError:
            return None


def parse_widget_values(widget: SourceValueWidget, values: Any) -> SourceValue | None:
    """Return the value of a widget's inputs; None if the printed text is empty.

    Raise ValidationError if a part is invalid or the parts contradict each other.
    """
    printed, own, unit, *raw = values
    text = single_line(printed or "")
    if not text:
        return None
    if len(text) > MAX_PRINTED_LENGTH:
        raise forms.ValidationError(
            _("What is printed has at most %(most)s characters."),
            params={"most": MAX_PRINTED_LENGTH},
        )
    if not own:
        return PARSERS[widget.kind](text, single_line(unit or ""))
    cleaned: dict[str, Any] = {}
    errors = []
    for (name, part), each in zip(widget.parts.items(), raw, strict=True):
        try:
            cleaned[name] = part.clean(each)
            if isinstance(part, forms.ChoiceField):
                cleaned[name] = cleaned[name] or UNKNOWN
        except forms.ValidationError as error:
            errors += [f"{part.label}: {message}" for message in error.messages]
    if errors:
        raise forms.ValidationError(errors)
    try:
        return VALUE_CLASSES[widget.kind](text, **cleaned)
    except ValueError as error:
        raise forms.ValidationError(str(error)) from error


VALUE_CLASSES: dict[str, type[Any]] = {"date": SourceDate, "quantity": Quantity, "rank": Rank}
PARSERS: dict[str, Callable[[str, str], SourceValue]] = {
    "date": lambda text, unit: parse_date(text),
    "quantity": parse_quantity,
    "rank": lambda text, unit: parse_rank(text),
}


class SourceDateWidget(SourceValueWidget):
    kind = "date"
    parts = {
        "precision": _choice_part(_("Precision"), Precision.choices),
        "earliest": _day_part(_("Earliest day")),
        "latest": _day_part(_("Latest day")),
        "inferred": _boolean_part(_("Inferred, not printed")),
    }


class QuantityWidget(SourceValueWidget):
    kind = "quantity"
    parts = {
        "comparator": _choice_part(_("How to take the number"), Comparator.choices),
        "value": _number_part(_("Number")),
        "upper": _number_part(_("Upper bound")),
        "unit": _text_part(_("Unit"), MAX_UNIT_LENGTH),
    }

    def _default_unit(self, value: Quantity) -> str:
        """Return the unit that the parser needs besides the stored text to get the stored value."""
        return self.unit if value.is_unit_printed else value.unit


class RankWidget(SourceValueWidget):
    kind = "rank"
    parts = {
        "scope": _text_part(_("Among whom"), MAX_WORDS_LENGTH),
        "place": _count_part(_("Ranked place")),
        "within": _count_part(_("Among the first")),
        "tier": _count_part(_("Tier")),
        "words": _text_part(_("In words"), MAX_WORDS_LENGTH),
        "months": _count_part(_("For how many months")),
        "occurrences": _count_part(_("How many times")),
        "consecutive": _choice_part(_("In a row"), Consecutive.choices),
        "best": _boolean_part(_("The best place")),
    }


class SourceValueFormField(forms.Field):
    def to_python(self, value: Any) -> SourceValue | None:
        widget = cast(SourceValueWidget, self.widget)
        if isinstance(value, str):  # submitted by a plain text input
            value = widget.decompress(value)
        return parse_widget_values(widget, value) if isinstance(value, list | tuple) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        if self.disabled:
            return False
        try:
            return self.to_python(initial) != self.to_python(data)
        except forms.ValidationError:
            return True


class SourceDateFormField(SourceValueFormField):
    widget = SourceDateWidget


class QuantityFormField(SourceValueFormField):
    """A form field of a quantity; ``unit`` is the quantity's unit if the text prints none."""

    widget = QuantityWidget

    def __init__(self, *, unit: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unit = unit

    @property
    def unit(self) -> str:
        return cast(QuantityWidget, self.widget).unit

    @unit.setter
    def unit(self, unit: str) -> None:
        cast(QuantityWidget, self.widget).unit = unit


class RankFormField(SourceValueFormField):
    widget = RankWidget
