"""What a reader wrote, as what is looked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from . import tokens
from .folding import clean, fold, spell

#: What is longer is cut, and the reader is told.
LENGTH = 200
TERMS = 8

_QUOTED = re.compile(r"“([^“”]*)”|\"([^\"]*)\"|「([^「」]*)」|『([^『』]*)』|＂([^＂]*)＂")
_LETTERS = rf"(?:{tokens.RUNS.pattern})"
#: Signs inside a number or an address don't part it: 2024-12-04, 98.65, 1,234, example.org.
_INSIDE = r"(?:(?<=[0-9a-z])[.:/-](?=[0-9a-z])|(?<=[0-9]),(?=[0-9]{3}(?![0-9])))"
_TERM = re.compile(rf"{_LETTERS}+(?:{_INSIDE}{_LETTERS}+)*")


@dataclass(frozen=True)
class Term:
    """``text`` is folded, ``shown`` as it was written."""

    text: str
    shown: str
    quoted: bool = False

    @cached_property
    def tokens(self) -> list[str]:
        return tokens.wanted(self.text)

    @property
    def is_token(self) -> bool:
        """Whether the index alone answers for it."""
        return self.tokens == [self.text]

    def __str__(self) -> str:
        return f"“{self.shown}”" if self.quoted else self.shown


@dataclass(frozen=True)
class Query:
    """All of the terms are wanted."""

    written: str
    terms: tuple[Term, ...] = ()
    #: Whether more was written than is looked for.
    was_cut: bool = False

    @property
    def has_quotes(self) -> bool:
        return any(term.quoted for term in self.terms)

    @property
    def inside_quotes(self) -> str:
        """What was written, as it may stand between quotation marks."""
        return _QUOTED.sub(lambda quoted: f"‘{quoted[0][1:-1]}’", self.written)

    def without(self, term: Term) -> str:
        """The same with one term less, as a reader would write it."""
        return " ".join(str(each) for each in self.terms if each != term)

    def unquoted(self) -> str:
        return " ".join(term.shown for term in self.terms)


def parse(written: str) -> Query:
    """Read a query of any characters; never refuses one."""
    # Cut before it is cleaned, which takes its time over very long ones.
    text = clean(written[: LENGTH * 10]).replace("\n", " ")
    cut = len(text) > LENGTH or len(written) > LENGTH * 10
    text = text[:LENGTH].rstrip()
    found: list[Term] = []
    end = 0
    for match in _QUOTED.finditer(text):
        found += _words(text[end : match.start()])
        inside = next(filter(None, match.groups()), "").strip()
        if tokens.RUNS.search(fold(inside)):
            found.append(Term(fold(inside), inside, quoted=True))
        end = match.end()
    found += _words(text[end:])
    terms = list({term.text: term for term in reversed(found)}.values())[::-1]
    return Query(text, tuple(terms[:TERMS]), cut or len(terms) > TERMS)


def _words(text: str) -> list[Term]:
    """The unquoted terms: what punctuation and blanks leave."""
    folded = spell(text)  # here a blank parts
    if len(folded) == len(text):  # as it was written, to show it again
        return [Term(m[0], text[m.start() : m.end()]) for m in _TERM.finditer(folded)]
    return [Term(m[0], m[0]) for m in _TERM.finditer(folded)]
