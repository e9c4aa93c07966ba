"""The parser of search queries: it splits a query into terms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from . import tokens
from .folding import clean, fold, fold_characters

#: Maximum length of a query in characters. A longer query is truncated, and the page says so.
MAX_QUERY_LENGTH = 200
MAX_TERMS = 8

_QUOTED = re.compile(r"“([^“”]*)”|\"([^\"]*)\"|「([^「」]*)」|『([^『』]*)』|＂([^＂]*)＂")
_LETTERS = rf"(?:{tokens.RUNS.pattern})"
#: Signs inside a number, date or domain do not separate terms: 2024-12-04, 98.65, 1,234, court.org.
_INSIDE = r"(?:(?<=[0-9a-z])[.:/-](?=[0-9a-z])|(?<=[0-9]),(?=[0-9]{3}(?![0-9])))"
_TERM = re.compile(rf"{_LETTERS}+(?:{_INSIDE}{_LETTERS}+)*")


@dataclass(frozen=True)
class Term:
    """A word or quoted phrase; ``text`` is folded, ``display_text`` is as the reader typed it."""

    text: str
    display_text: str
    is_quoted: bool = False

    @cached_property
    def tokens(self) -> list[str]:
        return tokens.required_tokens(self.text)

    @property
    def is_token(self) -> bool:
        """Whether the index alone can find the term, without a scan of the texts."""
        return self.tokens == [self.text]

    def __str__(self) -> str:
        return f"“{self.display_text}”" if self.is_quoted else self.display_text


@dataclass(frozen=True)
class Query:
    """A parsed search query; a document is a hit if it contains all terms."""

    text: str
    terms: tuple[Term, ...] = ()
    #: Whether the query was too long, so that only a part of it is searched for.
    was_truncated: bool = False

    @property
    def has_quotes(self) -> bool:
        return any(term.is_quoted for term in self.terms)

    @property
    def text_inside_quotes(self) -> str:
        """The query with single quotation marks, so that the page can put it in double ones."""
        return _QUOTED.sub(lambda quoted: f"‘{quoted[0][1:-1]}’", self.text)

    def without(self, term: Term) -> str:
        """Return the text of the query without this term, as a reader would type the text."""
        return " ".join(str(each) for each in self.terms if each != term)

    def unquoted(self) -> str:
        """Return the text of the query without quotation marks."""
        return " ".join(term.display_text for term in self.terms)


def parse(raw: str) -> Query:
    """Parse the text that a reader typed; no text raises an error."""
    # The text is truncated first, because cleaning is slow for very long texts.
    text = clean(raw[: MAX_QUERY_LENGTH * 10]).replace("\n", " ")
    was_truncated = len(text) > MAX_QUERY_LENGTH or len(raw) > MAX_QUERY_LENGTH * 10
    text = text[:MAX_QUERY_LENGTH].rstrip()
    found: list[Term] = []
    end = 0
    for match in _QUOTED.finditer(text):
        found += _words(text[end : match.start()])
        inside = next(filter(None, match.groups()), "").strip()
        if tokens.RUNS.search(fold(inside)):
            found.append(Term(fold(inside), inside, is_quoted=True))
        end = match.end()
    found += _words(text[end:])
    terms = list({term.text: term for term in reversed(found)}.values())[::-1]
    return Query(text, tuple(terms[:MAX_TERMS]), was_truncated or len(terms) > MAX_TERMS)


def _words(text: str) -> list[Term]:
    """Return the terms of a text without quotes; punctuation and spaces separate them."""
    folded = fold_characters(text)  # unlike ``fold``, it keeps the spaces that separate terms
    if len(folded) == len(text):  # equal positions: display the typed characters
        return [Term(m[0], text[m.start() : m.end()]) for m in _TERM.finditer(folded)]
    return [Term(m[0], m[0]) for m in _TERM.finditer(folded)]
