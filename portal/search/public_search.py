"""The search for readers: find, filter, order and count public documents."""

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
from .engines import Match, ScanBudget, engine
from .models import PublicIndex
from .query import Query, Term
from .scopes import SearchScope
from .snippets import highlight, make_snippet

PER_PAGE = 20
#: Maximum number of hits that are counted and listed; a reader with more hits must narrow the
#: search.
MAX_HITS = 1_000
#: The same limit for a search that must scan the text of each hit, because a term has more than
#: three characters.
MAX_SCANNED_HITS = 100
#: Maximum number of characters that are scanned for one page of hits, in the newest texts first:
#: about 8,000 documents of average length. Only documents with all three-character tokens of a
#: term, but without the term itself, are scanned without a result.
SCAN_BUDGET = 20_000_000
#: Maximum number of characters that are scanned for all suggestions on a page.
SUGGESTION_SCAN_BUDGET = 5_000_000
#: Numbers of hits that are ranked by relevance: of the newest hits, and of the newest hits with all
#: terms in the title. All other hits follow, ordered by date.
RANKED_NEWEST, RANKED_TITLES = 500, 200
#: Number of characters at the start of a text in which the occurrences of terms are counted.
RANKED_LENGTH = 20_000
#: The length of an average text in characters, by which occurrences of a term are normalised.
AVERAGE_LENGTH = 1_500

#: The code of the site's second language, in which ``SearchDocument.english`` is written.
OTHER_LANGUAGE = next(code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE)


@dataclass(frozen=True)
class SearchFilters:
    """The conditions that a reader chose in addition to the search text; empty means any."""

    kind: str = ""
    scope: SearchScope | None = None
    since: date | None = None
    until: date | None = None

    def __bool__(self) -> bool:
        return self != SearchFilters()

    def match(self, terms: Iterable[Term], *, in_title: bool = False) -> Match:
        """Return the search condition for these terms, in the whole text or in the title only."""
        terms = list(terms)
        words = [token for term in terms for token in term.tokens]
        if in_title:
            words = tokens.title_tokens(words)
        groups = tuple(map(tokens.group_token, self.scope.keys)) if self.scope else ()
        facets = [tokens.kind_token(self.kind)] if self.kind else []
        match = Match(
            tokens=tuple(dict.fromkeys([*words, *facets])),
            any_of=(groups,) if groups else (),
            # The longest text first: it is usually the rarest, and a document without it is not
            # scanned for the other texts.
            texts=tuple(
                sorted((term.text for term in terms if not term.is_token), key=len, reverse=True)
            ),
        )
        if self.since:
            match = replace(match, low=documents.first_ordinal(self.since))
        if self.until and self.until < date.max:
            match = replace(match, high=documents.first_ordinal(self.until + timedelta(days=1)) - 1)
        if self.since or self.until:  # exclude documents without a date
            match = replace(match, low=max(match.low, documents.MIN_DATED_ORDINAL))
        return match


@dataclass(frozen=True)
class Hit:
    """A found document: its index row, its object, and the terms to mark in the snippet."""

    row: PublicIndex
    obj: Publishable
    terms: Sequence[Term]

    @property
    def scope_key(self) -> str:
        """The key of the first search scope that contains the document; "" if none does."""
        prefix = tokens.group_token("")
        facets = self.row.facets.split()
        return next((each.removeprefix(prefix) for each in facets if each.startswith(prefix)), "")

    @property
    def url(self) -> str:
        return self.obj.get_absolute_url()

    @property
    def kind(self) -> str:
        facets = self.row.facets.split()
        return next((str(kind.label) for kind in Kind if tokens.kind_token(kind) in facets), "")

    @cached_property
    def title(self) -> SafeString:
        """The title with the hits marked: as indexed, or the object's title in English.

        The English title is used on pages in the site's second language.
        """
        return highlight(
            self.obj.link_title if _is_other_language() else self.row.title, self.terms
        )

    @property
    def snippet(self) -> SafeString:
        """An excerpt with the hits marked, preferably in the language of the page.

        On a page in the second language the excerpt may be from the Chinese title, which such a
        page does not display otherwise.
        """
        return self._snippet_with_language[1]

    @property
    def language(self) -> str:
        """The language code of the snippet; the template filter ``lang_of`` reads it."""
        return self._snippet_with_language[0]

    @cached_property
    def _snippet_with_language(self) -> tuple[str, SafeString]:
        own, english, *_hidden_terms = [*self.row.text.split(documents.SEPARATOR), ""]
        own_language = getattr(self.obj, "language", settings.LANGUAGE_CODE)
        texts = [(own_language, own), (OTHER_LANGUAGE, english)]
        if _is_other_language():
            texts = [*reversed(texts), (own_language, self.row.title)]
        number, excerpt = make_snippet([text for _language, text in texts], self.terms)
        return texts[number][0], excerpt


def _is_other_language() -> bool:
    """Return whether the current page is in the site's second language."""
    return get_language() == OTHER_LANGUAGE


@dataclass(frozen=True)
class SearchPage:
    """One page of hits; its attributes have the names that the pager of list pages expects."""

    hits: list[Hit] = field(default_factory=list)
    number: int = 1
    total: int = 0
    #: Whether there are more hits than ``total``; the additional hits were not counted.
    has_more: bool = False
    #: Whether the scan budget was exhausted, so that older hits may be missing.
    is_incomplete: bool = False

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    @property
    def first(self) -> int:
        """The position of this page's first hit among all hits, counted from 1."""
        return (self.number - 1) * PER_PAGE + 1


def find(
    query: Query, filters: SearchFilters, *, number: int = 1, by_relevance: bool = False
) -> SearchPage:
    """Return page ``number`` of the hits, ordered by date (the newest first) or by relevance."""
    if not query.terms:
        return SearchPage()
    budget = ScanBudget(SCAN_BUDGET)
    ordinals, has_more = _find_newest(query.terms, filters, budget)
    is_incomplete = budget.is_exhausted and not has_more
    total = len(ordinals)
    if by_relevance:
        ordinals = _rank(query, filters, ordinals, budget)[:total]
    number = min(max(number, 1), max(1, -(-total // PER_PAGE)))
    page = ordinals[(number - 1) * PER_PAGE : number * PER_PAGE]
    return SearchPage(load_hits(page, query.terms), number, total, has_more, is_incomplete)


def count(terms: Iterable[Term], filters: SearchFilters, budget: ScanBudget) -> tuple[int, bool]:
    """Return the number of hits, and whether more hits exist or are possible."""
    ordinals, has_more = _find_newest(terms, filters, budget)
    return len(ordinals), has_more or budget.is_exhausted


def _find_newest(
    terms: Iterable[Term], filters: SearchFilters, budget: ScanBudget
) -> tuple[list[int], bool]:
    """Return the ordinals of the newest hits, up to the limit, and whether there are more hits."""
    match = filters.match(terms)
    limit = min(MAX_HITS, MAX_SCANNED_HITS) if match.texts else MAX_HITS
    ordinals = engine(PublicIndex).find_ordinals(PublicIndex, match, limit + 1, budget)
    return ordinals[:limit], len(ordinals) > limit


def load_hits(ordinals: Sequence[int], terms: Sequence[Term]) -> list[Hit]:
    """Return the hits with their objects, in the order of ``ordinals``.

    Objects are fetched through ``readable()``: even with a wrong index, a reader finds only objects
    that have a public page.
    """
    rows = PublicIndex.objects.in_bulk(ordinals)
    ids_by_type: dict[int, list[int]] = defaultdict(list)
    for row in rows.values():
        ids_by_type[row.content_type_id].append(row.object_id)
    objects: dict[tuple[int, int], Any] = {}
    for type_id, ids in ids_by_type.items():
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


def _rank(query: Query, filters: SearchFilters, newest: list[int], budget: ScanBudget) -> list[int]:
    """Return the hits ordered by relevance; hits that are not ranked follow, ordered by date."""
    index = engine(PublicIndex)
    in_title = filters.match(query.terms, in_title=True)
    titles = index.find_ordinals(PublicIndex, in_title, RANKED_TITLES, budget)
    candidates = list(dict.fromkeys([*titles, *newest[:RANKED_NEWEST]]))
    if not candidates:
        return newest
    texts = [term.text for term in query.terms]
    # The number of a term's occurrences is computed from the length of the text without them.
    lengths_without = ", ".join(["length(replace(part, %s, ''))"] * len(texts))
    rows = index.fetch_all(
        "WITH parts AS MATERIALIZED"  # noqa: S608
        f" (SELECT ordinal, folded_title, substr(folded_text, 1, {RANKED_LENGTH}) AS part"
        f" FROM {index.from_ordinals(PublicIndex)})"
        f" SELECT ordinal, folded_title, length(part), {lengths_without} FROM parts",
        [index.ordinals_parameter(candidates), *texts],
    )
    weights = {row[0]: _weight(texts, row[1], row[2], row[3:]) for row in rows}
    ranked = sorted(weights, key=lambda ordinal: (weights[ordinal], ordinal), reverse=True)
    return ranked + [ordinal for ordinal in newest if ordinal not in weights]


def _weight(
    texts: list[str], folded_title: str, length: int, lengths_without: Sequence[int]
) -> float:
    """Return a document's relevance.

    Each term adds weight by its occurrences, less in a longer text, and much more in the title.
    """
    weight = 0.0
    for text, length_without in zip(texts, lengths_without, strict=True):
        occurrences = (length - length_without) / len(text)
        weight += occurrences / (occurrences + 0.3 + 0.9 * length / AVERAGE_LENGTH)
        if text in folded_title:
            weight += 1 + len(text) / len(folded_title)
    return weight
