"""Readers' searches: what is found, in which order, and what to try when nothing is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from portal.publishing.models import Publishable
from portal.publishing.search_document import Kind

from . import documents, tokens
from .engines import Allowance, Match, engine
from .models import PublicIndex
from .query import Query, Term
from .scopes import SearchScope
from .snippets import marked, snippet

PER_PAGE = 20
#: Hits are counted, and can be leafed through, up to here; beyond, a reader narrows the search.
MOST = 1_000
#: The same where each hit's text must be looked through (terms of more than three characters).
MOST_LOOKED_THROUGH = 100
#: So many characters are looked through for one page, the newest texts first: those of some eight
#: thousand usual documents. Only what has all of a term's triples and not the term is in vain.
ALLOWED = 20_000_000
#: And so many for all that is suggested on it.
ALLOWED_BESIDE = 5_000_000
#: So many of the newest hits, and of those in whose title all is found, are weighed against
#: each other; the rest follow by date.
WEIGHED, TITLES = 500, 200
#: So much of a text is weighed.
WEIGHED_LENGTH = 20_000
#: A text of this length counts a word at its face value.
USUAL_LENGTH = 1_500

#: The second language of the portal, in which ``Searched.english`` is.
OTHER = next(code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE)


@dataclass(frozen=True)
class SearchFilters:
    """What a reader chose beside the words."""

    kind: str = ""
    place: SearchScope | None = None
    since: date | None = None
    until: date | None = None

    def __bool__(self) -> bool:
        return self != SearchFilters()

    def match(self, terms: Iterable[Term], *, in_title: bool = False) -> Match:
        terms = list(terms)
        words = [token for term in terms for token in term.tokens]
        if in_title:
            words = tokens.in_title(words)
        groups = tuple(map(tokens.group, self.place.keys)) if self.place else ()
        facets = [tokens.kind(self.kind)] if self.kind else []
        match = Match(
            tokens=tuple(dict.fromkeys([*words, *facets])),
            any_of=(groups,) if groups else (),
            # The longest is the rarest, mostly: where it is not, the others need not be sought.
            texts=tuple(
                sorted((term.text for term in terms if not term.is_token), key=len, reverse=True)
            ),
        )
        if self.since:
            match = replace(match, low=documents.since(self.since))
        if self.until and self.until < date.max:
            match = replace(match, high=documents.since(self.until + timedelta(days=1)) - 1)
        if self.since or self.until:  # what has no date is in no span of time
            match = replace(match, low=max(match.low, documents.DATED))
        return match


@dataclass(frozen=True)
class Hit:
    row: PublicIndex
    obj: Publishable
    terms: Sequence[Term]

    @property
    def place(self) -> str:
        """The key of the place it stands in, if it is one of a reader's choice."""
        mark = tokens.group("")
        facets = self.row.facets.split()
        return next((each.removeprefix(mark) for each in facets if each.startswith(mark)), "")

    @property
    def url(self) -> str:
        return self.obj.get_absolute_url()

    @property
    def kind(self) -> str:
        found = self.row.facets.split()
        return next((str(kind.label) for kind in Kind if tokens.kind(kind) in found), "")

    @cached_property
    def title(self) -> SafeString:
        """As it was indexed; on a page in another language, what the thing is called there."""
        return marked(self.obj.link_title if _is_other() else self.row.title, self.terms)

    @property
    def snippet(self) -> SafeString:
        """From what is written in the language of the page; else from the other, where also a
        title may stand that this page does not show."""
        return self._quoted[1]

    @property
    def language(self) -> str:
        """Of the snippet (``link_lang_attr``)."""
        return self._quoted[0]

    @cached_property
    def _quoted(self) -> tuple[str, SafeString]:
        own, english, *_unsaid = [*self.row.text.split(documents.SEAM), ""]
        its = getattr(self.obj, "language", settings.LANGUAGE_CODE)
        texts = [(its, own), (OTHER, english)]
        if _is_other():
            texts = [*reversed(texts), (its, self.row.title)]
        number, piece = snippet([text for _language, text in texts], self.terms)
        return texts[number][0], piece


def _is_other() -> bool:
    """Whether the page at hand is in the second language."""
    return get_language() == OTHER


@dataclass(frozen=True)
class Found:
    """One page of hits; the names are those of ``list_counts.Page``, for the same pager."""

    hits: list[Hit] = field(default_factory=list)
    number: int = 1
    total: int = 0
    #: There are more than ``total``: nobody counted them.
    is_more: bool = False
    #: Older texts were not looked through, so there may be more.
    is_cut: bool = False

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    @property
    def first(self) -> int:
        """The place of the first hit of this page, from 1."""
        return (self.number - 1) * PER_PAGE + 1


def find(
    query: Query, narrowing: SearchFilters, *, number: int = 1, by_relevance: bool = False
) -> Found:
    """Page ``number`` of what readers find, the newest first or the most relevant."""
    if not query.terms:
        return Found()
    allowance = Allowance(ALLOWED)
    ordinals, is_more = _newest(query.terms, narrowing, allowance)
    is_cut = allowance.is_spent and not is_more
    total = len(ordinals)
    if by_relevance:
        ordinals = _weighed(query, narrowing, ordinals, allowance)[:total]
    number = min(max(number, 1), max(1, -(-total // PER_PAGE)))
    shown = ordinals[(number - 1) * PER_PAGE : number * PER_PAGE]
    return Found(hits_of(shown, query.terms), number, total, is_more, is_cut)


def count(
    terms: Iterable[Term], narrowing: SearchFilters, allowance: Allowance
) -> tuple[int, bool]:
    """How many hits there are, and whether there are (or may be) more."""
    ordinals, is_more = _newest(terms, narrowing, allowance)
    return len(ordinals), is_more or allowance.is_spent


def _newest(
    terms: Iterable[Term], narrowing: SearchFilters, allowance: Allowance
) -> tuple[list[int], bool]:
    """The newest hits, as many as are counted, and whether there are more."""
    match = narrowing.match(terms)
    most = min(MOST, MOST_LOOKED_THROUGH) if match.texts else MOST
    ordinals = engine(PublicIndex).find_ordinals(PublicIndex, match, most + 1, allowance)
    return ordinals[:most], len(ordinals) > most


def hits_of(ordinals: Sequence[int], terms: Sequence[Term]) -> list[Hit]:
    """The hits as a page shows them. Each is asked for among what is public: nothing is found
    that its own page would not show."""
    rows = PublicIndex.objects.in_bulk(ordinals)
    by_type: dict[int, list[int]] = defaultdict(list)
    for row in rows.values():
        by_type[row.content_type_id].append(row.object_id)
    objects: dict[tuple[int, int], Any] = {}
    for type_id, ids in by_type.items():
        model = ContentType.objects.get_for_id(type_id).model_class()
        if model is None or not issubclass(model, Publishable):
            continue
        long = [f.name for f in model._meta.concrete_fields if isinstance(f, models.TextField)]
        readable = model._default_manager.readable().defer(*long).in_bulk(ids)
        objects |= {(type_id, pk): obj for pk, obj in readable.items()}
    found = [rows[ordinal] for ordinal in ordinals if ordinal in rows]
    return [
        Hit(row, objects[row.content_type_id, row.object_id], terms)
        for row in found
        if (row.content_type_id, row.object_id) in objects
    ]


def _weighed(
    query: Query, narrowing: SearchFilters, newest: list[int], allowance: Allowance
) -> list[int]:
    """The hits, the most relevant first."""
    own = engine(PublicIndex)
    in_title = narrowing.match(query.terms, in_title=True)
    titles = own.find_ordinals(PublicIndex, in_title, TITLES, allowance)
    pool = list(dict.fromkeys([*titles, *newest[:WEIGHED]]))
    if not pool:
        return newest
    texts = [term.text for term in query.terms]
    left = ", ".join(["length(replace(part, %s, ''))"] * len(texts))
    rows = own.rows(
        "WITH parts AS MATERIALIZED"  # noqa: S608
        f" (SELECT ordinal, folded_title, substr(folded_text, 1, {WEIGHED_LENGTH}) AS part"
        f" FROM {own.picked(PublicIndex)})"
        f" SELECT ordinal, folded_title, length(part), {left} FROM parts",
        [own.pool(pool), *texts],
    )
    weights = {row[0]: _weight(texts, row[1], row[2], row[3:]) for row in rows}
    weighed = sorted(weights, key=lambda ordinal: (weights[ordinal], ordinal), reverse=True)
    return weighed + [ordinal for ordinal in newest if ordinal not in weights]


def _weight(texts: list[str], folded_title: str, length: int, left: Sequence[int]) -> float:
    """How much a document is about the terms: each counts by how often it stands there, the less
    the longer the text, and much more in the title."""
    weight = 0.0
    for text, rest in zip(texts, left, strict=True):
        times = (length - rest) / len(text)
        weight += times / (times + 0.3 + 0.9 * length / USUAL_LENGTH)
        if text in folded_title:
            weight += 1 + len(text) / len(folded_title)
    return weight
