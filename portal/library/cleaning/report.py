"""What the cleaning of a text took out or changed, as sentences for the person who writes it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

#: Number of examples that a sentence quotes, and number of characters of each.
MAX_EXAMPLES = 3
MAX_EXAMPLE_LENGTH = 30


class Kind(enum.Enum):
    """Kind of a change; the order is that of the sentences."""

    HIDDEN = "hidden"
    DELETED = "deleted"
    COMMENT = "comment"
    PICTURE = "picture"
    EMBEDDED = "embedded"
    LINK_REMOVED = "link-removed"
    LINK_COMPLETED = "link-completed"


@dataclass
class Report:
    """The changes that one cleaning made, counted by kind, with a few examples of each."""

    counts: dict[Kind, int] = field(default_factory=dict)
    examples: dict[Kind, list[str]] = field(default_factory=dict)

    def add(self, kind: Kind, example: str = "", *, count: int = 1) -> None:
        """Count a change; keep its words if there are few examples of its kind so far."""
        self.counts[kind] = self.counts.get(kind, 0) + count
        examples = self.examples.setdefault(kind, [])
        example = _shorten(example)
        if example and len(examples) < MAX_EXAMPLES and example not in examples:
            examples.append(example)

    def sentences(self) -> list[str]:
        """Return one sentence for each kind of change, in the current language."""
        return [
            _sentences()[kind] % {"count": self.counts[kind]} + self._quoted(kind)
            for kind in Kind
            if self.counts.get(kind)
        ]

    def _quoted(self, kind: Kind) -> str:
        examples = self.examples[kind]
        if not examples:
            return ""
        end = "…" if self.counts[kind] > len(examples) else ""
        return _(" (%(words)s)") % {"words": _("; ").join(examples) + end}


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_EXAMPLE_LENGTH else text[: MAX_EXAMPLE_LENGTH - 1] + "…"


def _sentences() -> dict[Kind, str]:
    return {
        Kind.HIDDEN: _("Hidden text taken out: %(count)s place(s)"),
        Kind.DELETED: _("Deleted or struck-out text taken out: %(count)s place(s)"),
        Kind.COMMENT: _("Comments taken out: %(count)s"),
        Kind.PICTURE: _(
            "Pictures that are not in the library left out: %(count)s. Insert them from the library"
        ),
        Kind.EMBEDDED: _("Videos, sounds and embedded pages taken out: %(count)s"),
        Kind.LINK_REMOVED: _("Links taken out, their words kept: %(count)s"),
        Kind.LINK_COMPLETED: _("Addresses of links completed: %(count)s"),
    }
