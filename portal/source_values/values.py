"""What the three kinds of value share: the printed text, one spelling for storage, refusals."""

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
# Together they are what SQLite, which keeps decimals as floats, can still tell apart.
MAX_DIGITS, MAX_DECIMAL_PLACES = 15, 6
MAX_COUNT = 1_000_000

# Controls, invisible marks (zero-width, right-to-left), and halves of characters.
_UNPRINTABLE = {"Cc", "Cf", "Cs"}


def single_line(text: str) -> str:
    """The text on one line, without anything that does not print."""
    kept = (c for c in " ".join(text.split()) if unicodedata.category(c) not in _UNPRINTABLE)
    return " ".join("".join(kept).split())


def truncate_printed(text: str) -> str:
    """The text tidied, and cut where it is too long to be kept."""
    return single_line(text)[:MAX_PRINTED_LENGTH].strip()


@dataclass(frozen=True)
class SourceValue:
    """A printed text and its meaning. Equal values have the same canonical text, and vice versa."""

    printed: str

    # What each part of the meaning is: a type or an enumeration.
    PART_TYPES: ClassVar[dict[str, type]] = {}

    def __post_init__(self) -> None:
        for each in fields(self):
            given = getattr(self, each.name)
            if given is None and each.default is not None:
                raise TypeError(f"{each.name} is missing")
            kind = self.PART_TYPES.get(each.name, str)
            object.__setattr__(self, each.name, _fit(given, kind))
        if len(self.printed) > MAX_PRINTED_LENGTH:
            raise ValueError(
                _("What is printed has at most %(most)s characters.") % _most(MAX_PRINTED_LENGTH)
            )
        self.validate()

    def __str__(self) -> str:
        return self.printed

    def validate(self) -> None:
        """Raise ValueError, in words for people, where the parts contradict each other."""

    @property
    def is_understood(self) -> bool:
        raise NotImplementedError

    @property
    def is_automatic(self) -> bool:
        """Whether the meaning is what the printed text is read as; False: a person's word."""
        raise NotImplementedError

    def describe(self) -> str:
        """How it was understood, as a short sentence in the active language."""
        raise NotImplementedError

    @property
    def parts(self) -> dict[str, Any]:
        """The meaning alone, each part as JSON has it."""
        return {name: _plain(getattr(self, name)) for name in self.PART_TYPES}

    def canonical(self) -> str:
        """The one spelling for storage."""
        return json.dumps(
            {"printed": self.printed, **self.parts},
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        )

    @classmethod
    def from_canonical(cls, text: str) -> Self:
        try:
            found = json.loads(text)
        except (TypeError, RecursionError) as error:
            raise ValueError("no JSON") from error
        if not isinstance(found, dict) or not isinstance(found.get("printed"), str):
            raise ValueError("no value: an object with what is printed is wanted")
        if unknown := set(found) - {each.name for each in fields(cls)}:
            raise ValueError(f"unknown parts: {sorted(unknown)}")
        try:
            return cls(
                **{name: _typed(cls.PART_TYPES.get(name, str), raw) for name, raw in found.items()}
            )
        except (TypeError, InvalidOperation) as error:
            raise ValueError(f"no value: {text[:100]}") from error


def _most(number: int) -> dict[str, int]:
    return {"most": number}


def _fit(value: Any, kind: type) -> Any:
    """The part in the one form that equal values share; TypeError if it is of another kind."""
    if value is None:
        return None
    if issubclass(kind, TextChoices):
        return kind(value)
    if kind is Decimal and type(value) is int:
        value = Decimal(value)
    # A boolean is an int, and a datetime a date: neither is meant here.
    if type(value) is not kind and not (kind is str and isinstance(value, str)):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    if isinstance(value, str):
        return single_line(value)
    return _fit_decimal(value) if isinstance(value, Decimal) else value


def _fit_decimal(value: Decimal) -> Decimal:
    """Without idle zeros or an exponent; never rounded."""
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


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


def _typed(kind: type, raw: Any) -> Any:
    """A part as canonical JSON has it, in its own type."""
    if not isinstance(raw, str):
        return raw
    if kind is date:
        return date.fromisoformat(raw)
    return Decimal(raw) if kind is Decimal else raw


def validate_count(number: int | None) -> None:
    if number is not None and not 1 <= number <= MAX_COUNT:
        raise ValueError(
            _("Counts and places are whole numbers from 1 to %(most)s.") % _most(MAX_COUNT)
        )


def validate_length(text: str, most: int) -> None:
    if len(text) > most:
        raise ValueError(_("At most %(most)s characters.") % _most(most))


def not_understood() -> str:
    return _("not understood; kept as printed")
