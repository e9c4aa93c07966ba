"""The base class of dates, quantities and ranks: printed text, canonical JSON, validation."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Self

from django.db.models import TextChoices
from django.utils.translation import gettext as _

MAX_PRINTED_LENGTH = 200
# SQLite stores decimals as floats, which keep 15 significant digits exactly.
MAX_DIGITS, MAX_DECIMAL_PLACES = 15, 6
MAX_COUNT = 1_000_000

# Unicode categories: control characters, invisible format characters (zero-width, right-to-left),
# lone surrogates.
_UNPRINTABLE = {"Cc", "Cf", "Cs"}


def single_line(text: str) -> str:
    """Return the text on one line, without unprintable characters."""
    printable = (c for c in " ".join(text.split()) if unicodedata.category(c) not in _UNPRINTABLE)
    return " ".join("".join(printable).split())


def truncate_printed(text: str) -> str:
    """Return the text on one line, cut to the maximum length that is stored."""
    return single_line(text)[:MAX_PRINTED_LENGTH].strip()


@dataclass(frozen=True)
class SourceValue:
    """An immutable pair of a printed text and its meaning.

    Two values are equal if and only if their canonical texts are equal.
    """

    printed: str

    #: Names of the parts of the meaning -> their types.
    PART_TYPES: ClassVar[dict[str, type]] = {}

    def __post_init__(self) -> None:
        for each in fields(self):
            part = getattr(self, each.name)
            if part is None and each.default is not None:
                raise TypeError(f"{each.name} is missing")
            part_type = self.PART_TYPES.get(each.name, str)
            object.__setattr__(self, each.name, _normalize(part, part_type))
        if len(self.printed) > MAX_PRINTED_LENGTH:
            raise ValueError(
                _("What is printed has at most %(most)s characters.") % {"most": MAX_PRINTED_LENGTH}
            )
        self.validate()

    def __str__(self) -> str:
        return self.printed

    def validate(self) -> None:
        """Raise ValueError with a translated message if the parts contradict each other."""

    @property
    def is_understood(self) -> bool:
        """Return whether the value has a meaning, found by the parser or stated by an editor."""
        raise NotImplementedError

    @property
    def is_automatic(self) -> bool:
        """Return whether the meaning is the result of the parser; False if an editor changed it."""
        raise NotImplementedError

    def describe(self) -> str:
        """Return the meaning as a short text in the active language."""
        raise NotImplementedError

    @property
    def parts(self) -> dict[str, Any]:
        """Return the parts of the meaning, without the printed text, as JSON types."""
        return {name: _to_json(getattr(self, name)) for name in self.PART_TYPES}

    def canonical(self) -> str:
        """Return the value as canonical JSON, the form in which the database stores it."""
        return json.dumps(
            {"printed": self.printed, **self.parts},
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        )

    @classmethod
    def from_canonical(cls, text: str) -> Self:
        """Return the value that a canonical JSON text describes; ValueError if it is invalid."""
        try:
            found = json.loads(text)
        except (TypeError, RecursionError) as error:
            raise ValueError("not JSON") from error
        if not isinstance(found, dict) or not isinstance(found.get("printed"), str):
            raise ValueError("expected an object with the key 'printed'")
        if unknown := set(found) - {each.name for each in fields(cls)}:
            raise ValueError(f"unknown parts: {sorted(unknown)}")
        try:
            return cls(
                **{
                    name: _from_json(cls.PART_TYPES.get(name, str), raw)
                    for name, raw in found.items()
                }
            )
        except (TypeError, InvalidOperation) as error:
            raise ValueError(f"not a value: {text[:100]}") from error


def _normalize(value: Any, part_type: type) -> Any:
    """Return a part in its canonical form, the same for equal parts; TypeError for a wrong type."""
    if value is None:
        return None
    if issubclass(part_type, TextChoices):
        return part_type(value)
    if part_type is Decimal and type(value) is int:
        value = Decimal(value)
    # isinstance() is not used, because it accepts a bool as an int and a datetime as a date.
    if type(value) is not part_type and not (part_type is str and isinstance(value, str)):
        raise TypeError(f"{value!r} is no {part_type.__name__}")
    if isinstance(value, str):
        return single_line(value)
    return _normalize_decimal(value) if isinstance(value, Decimal) else value


def _normalize_decimal(value: Decimal) -> Decimal:
    """Return the number without trailing zeros or exponent; ValueError for too many digits."""
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(_("This is not a number."))
    while len(digits) > 1 and digits[-1] == 0:
        digits, exponent = digits[:-1], exponent + 1
    if digits in {(), (0,)}:
        return Decimal(0)
    places = max(-exponent, 0)
    if places > MAX_DECIMAL_PLACES or max(len(digits) + exponent, 1) + places > MAX_DIGITS:
        raise ValueError(
            _("A number has at most %(digits)s digits, %(places)s of them after the point.")
            % {"digits": MAX_DIGITS, "places": MAX_DECIMAL_PLACES}
        )
    return Decimal(format(Decimal((sign, digits, exponent)), "f"))


def _to_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


def _from_json(part_type: type, raw: Any) -> Any:
    """Convert a part from its form in canonical JSON to its type."""
    if not isinstance(raw, str):
        return raw
    if part_type is date:
        return date.fromisoformat(raw)
    return Decimal(raw) if part_type is Decimal else raw


def validate_count(number: int | None) -> None:
    """Raise ValueError unless the number is None or between 1 and ``MAX_COUNT``."""
    if number is not None and not 1 <= number <= MAX_COUNT:
        raise ValueError(
            _("Counts and places are whole numbers from 1 to %(most)s.") % {"most": MAX_COUNT}
        )


def validate_length(text: str, max_length: int) -> None:
    """Raise ValueError if the text has more than ``max_length`` characters."""
    if len(text) > max_length:
        raise ValueError(_("At most %(most)s characters.") % {"most": max_length})


def not_understood() -> str:
    """Return the translated description of a value that was not understood."""
    return _("not understood; kept as printed")
