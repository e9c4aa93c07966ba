"""The tokens of a text: its words, and each character, pair and triple of its Chinese.

Tokens are a set. For terms of up to three characters the index suffices; for a longer term it finds
candidates, whose texts are then searched. So neither database's limits on positions matter. Pairs
alone would leave too many candidates: 人民, 民法 and 法院 are in many texts without 人民法院.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

#: Scripts without spaces between words; the private use area holds rare characters of names.
_UNSPACED = (
    "々〆〇\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ue000-\uf8ff\uf900-\ufaff"
    "\uac00-\ud7af\U00020000-\U000323af"
)
UNSPACED = re.compile(f"[{_UNSPACED}]")
_SPACED = rf"[^\W_{_UNSPACED}]"
RUNS = re.compile(rf"[{_UNSPACED}]+|{_SPACED}+")
#: Some writers put a space between Chinese and a word or number; it separates nothing: 共 12 起.
GAP = re.compile(rf"(?<=[{_UNSPACED}]) (?={_SPACED})|(?<={_SPACED}) (?=[{_UNSPACED}])")
#: Longer words are indexed by their beginning; PostgreSQL accepts 2,046 bytes.
MAX_WORD_LENGTH = 64
#: The longest run of Chinese characters that is one token.
MAX_NGRAM_LENGTH = 3

# No run contains these signs, so no text produces tokens that begin with them.
FACET_PREFIX, TITLE_PREFIX = "§", "¶"
#: A token of every document.
ALL = FACET_PREFIX


def tokenize(folded: str) -> set[str]:
    """Return the tokens of a folded text."""
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
    """Return the tokens that every document with this folded term has, the longest possible."""
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
    """Return a pattern of a folded term whose words and numbers at its edges are whole.

    1月 does not match in 11月.
    """
    before = rf"(?<!{_SPACED})" if has_word_edge(term[:1]) else ""
    after = rf"(?!{_SPACED})" if has_word_edge(term[-1:]) else ""
    return re.compile(before + re.escape(term) + after)


def has_word_edge(term: str) -> bool:
    """Return whether it begins or ends in a script that separates words by spaces."""
    return any(re.match(_SPACED, letter) for letter in (term[:1], term[-1:]))


def title_tokens(tokens: Iterable[str]) -> list[str]:
    """Mark tokens as those of a title."""
    return [TITLE_PREFIX + token for token in tokens]


def kind_token(value: str) -> str:
    """Return the facet of a kind of content (``search_document.Kind``)."""
    return f"{FACET_PREFIX}k{value}"


def content_type_token(number: int) -> str:
    """Return the facet of a content type, by its id."""
    return f"{FACET_PREFIX}t{number}"


def span_token(number: int) -> str:
    """Return the facet of a span of time, see ``documents.time_span``."""
    return f"{FACET_PREFIX}s{number}"


def group_token(key: str) -> str:
    """Return the facet of a search scope, by its key."""
    return f"{FACET_PREFIX}g{key}"


def file_token(digest: str) -> str:
    """Return the facet of an attached file, by its digest."""
    return f"{FACET_PREFIX}f{digest}"
