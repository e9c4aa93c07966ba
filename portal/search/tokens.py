"""What the index holds of a text: its words, and of its Chinese each character, pair and triple.

Tokens are a set: up to three characters the index answers by itself; of a longer term it says which
documents may hold it, and whether they do is seen in their text. So neither database's limits on
positions matter. Triples, because pairs leave too many documents to look through: 人民, 民法, 法院
stand in many a text that never says 人民法院.
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
#: A blank between Chinese and a word or number, as some set it, parts nothing: 共 12 起.
GAP = re.compile(rf"(?<=[{_UNSPACED}]) (?={_SPACED})|(?<={_SPACED}) (?=[{_UNSPACED}])")
#: Longer words are known by their beginning; PostgreSQL takes 2,046 bytes.
WORD_LENGTH = 64

# No run holds these signs, so no text can pass for them.
FACET, IN_TITLE = "§", "¶"
#: Every document has it.
ALL = FACET


#: Characters in a row that are one token.
SPAN = 3


def of(folded: str) -> set[str]:
    """The tokens of a folded text."""
    found: set[str] = set()
    for run in RUNS.findall(folded):
        if UNSPACED.match(run):
            found.update(run)
            found.update(map("".join, pairwise(run)))
            found.update(map("".join, zip(run, run[1:], run[2:], strict=False)))
        else:
            found.add(run[:WORD_LENGTH])
    return found


def wanted(term: str) -> list[str]:
    """The tokens that a document must have to hold a folded term: the longest there are."""
    found: list[str] = []
    for run in RUNS.findall(term):
        if UNSPACED.match(run):
            last = max(len(run) - SPAN, 0)
            found += [run[start : start + SPAN] for start in range(last + 1)]
        else:
            found.append(run[:WORD_LENGTH])
    return list(dict.fromkeys(found))


@lru_cache(maxsize=512)
def whole(term: str) -> re.Pattern[str]:
    """A folded term; a word or a number at its edge is a whole one: 1月 is not in 11月."""
    before = rf"(?<!{_SPACED})" if has_edge(term[:1]) else ""
    after = rf"(?!{_SPACED})" if has_edge(term[-1:]) else ""
    return re.compile(before + re.escape(term) + after)


def has_edge(term: str) -> bool:
    """Whether it begins or ends in a script that writes words apart."""
    return any(re.match(_SPACED, letter) for letter in (term[:1], term[-1:]))


def in_title(tokens: Iterable[str]) -> list[str]:
    return [IN_TITLE + token for token in tokens]


def kind(value: str) -> str:
    return f"{FACET}k{value}"


def content_type(number: int) -> str:
    return f"{FACET}t{number}"


def span(number: int) -> str:
    """A span of time: see ``documents.span``."""
    return f"{FACET}s{number}"


def group(key: str) -> str:
    return f"{FACET}g{key}"


def file(digest: str) -> str:
    return f"{FACET}f{digest}"
