"""The tokens of a text: its words, and each character, pair and triple of its Chinese.

The index stores the set of a text's tokens without positions, so that neither database's limits on
positions matter. For a term of up to three characters, the index finds exactly the texts that
contain the term. For a longer term, the index finds candidates, whose texts are then scanned for
the term. Pairs alone would find too many candidates: 人民, 民法 and 法院 are in many texts that do
not contain 人民法院.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

#: Scripts without spaces between words. The private use area (U+E000 to U+F8FF) is included,
#: because it contains rare characters of names.
_UNSPACED = (
    "々〆〇\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ue000-\uf8ff\uf900-\ufaff"
    "\uac00-\ud7af\U00020000-\U000323af"
)
UNSPACED = re.compile(f"[{_UNSPACED}]")
_SPACED = rf"[^\W_{_UNSPACED}]"
RUNS = re.compile(rf"[{_UNSPACED}]+|{_SPACED}+")
#: A space between Chinese and a word or number, as in 共 12 起: only some writers type it, so it
#: separates no terms.
GAP = re.compile(rf"(?<=[{_UNSPACED}]) (?={_SPACED})|(?<={_SPACED}) (?=[{_UNSPACED}])")
#: Maximum length of a word's token in characters; of a longer word only the beginning is indexed.
#: PostgreSQL accepts tokens of up to 2,046 bytes.
MAX_WORD_LENGTH = 64
#: The maximum number of Chinese characters in one token.
MAX_NGRAM_LENGTH = 3

# Prefixes of tokens that are not words of a text: ``RUNS`` matches neither sign, so no text
# produces tokens that begin with it.
FACET_PREFIX, TITLE_PREFIX = "§", "¶"
#: A token that every document has.
ALL = FACET_PREFIX


def tokenize(folded: str) -> set[str]:
    """Return the set of tokens of a folded text."""
    found: set[str] = set()
    for run in RUNS.findall(folded):
        if UNSPACED.match(run):
            found.update(run)
            found.update(map("".join, pairwise(run)))
            found.update(map("".join, zip(run, run[1:], run[2:], strict=False)))
        else:
            found.add(run[:MAX_WORD_LENGTH])
    return found


def required_tokens(term: str) -> list[str]:
    """Return the longest tokens that every document with this folded term must have."""
    found: list[str] = []
    for run in RUNS.findall(term):
        if UNSPACED.match(run):
            last = max(len(run) - MAX_NGRAM_LENGTH, 0)
            found += [run[start : start + MAX_NGRAM_LENGTH] for start in range(last + 1)]
        else:
            found.append(run[:MAX_WORD_LENGTH])
    return list(dict.fromkeys(found))


@lru_cache(maxsize=512)
def whole_word_pattern(term: str) -> re.Pattern[str]:
    """Return a pattern that matches a folded term only if its first and last word are whole.

    For example, 1月 does not match in 11月.
    """
    before = rf"(?<!{_SPACED})" if has_word_edge(term[:1]) else ""
    after = rf"(?!{_SPACED})" if has_word_edge(term[-1:]) else ""
    return re.compile(before + re.escape(term) + after)


def has_word_edge(term: str) -> bool:
    """Return whether the term begins or ends in a script that separates words by spaces."""
    return any(re.match(_SPACED, letter) for letter in (term[:1], term[-1:]))


def title_tokens(tokens: Iterable[str]) -> list[str]:
    """Return the tokens with the prefix that marks tokens of a title."""
    return [TITLE_PREFIX + token for token in tokens]


def kind_token(value: str) -> str:
    """Return the facet token of a kind of content (``search_document.Kind``)."""
    return f"{FACET_PREFIX}k{value}"


def content_type_token(number: int) -> str:
    """Return the facet token of a content type, by its id."""
    return f"{FACET_PREFIX}t{number}"


def span_token(number: int) -> str:
    """Return the facet token of a 32-day span, by its number (``documents.time_span``)."""
    return f"{FACET_PREFIX}s{number}"


def group_token(key: str) -> str:
    """Return the facet token of a search scope, by its key."""
    return f"{FACET_PREFIX}g{key}"


def file_token(digest: str) -> str:
    """Return the facet token of an attached file, by its digest."""
    return f"{FACET_PREFIX}f{digest}"
