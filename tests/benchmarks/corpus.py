"""Generate any number of Chinese news texts of about 10 KB each.

The texts are reproducible: text ``n`` depends on the seed and on ``n`` only. The frequencies of
words follow Zipf's law: some words occur in nearly every text, others in a few texts only.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from html import escape

from tests.benchmarks import vocabulary

SEED = 20_260_101
#: Average length of a text in bytes of UTF-8, without HTML tags.
BYTES = 10_000
KINDS = ("news", "notice", "case", "statistics")
#: Exponents for the choice of words and of patterns. The larger the exponent, the more often the
#: first entries of a table are chosen.
SKEW, PATTERN_SKEW = 2.2, 1.3

_SLOT = re.compile(r"\[(\w+)\]")
_NUMERALS = "一二三四五六七八九"
Picker = Callable[[random.Random], str]
#: A sentence pattern: pairs of (True, name of a table) or (False, fixed text).
Pattern = tuple[tuple[bool, str], ...]


@dataclass(frozen=True)
class Text:
    """The text of one article.

    ``paragraphs`` contains the text of ``body`` without HTML tags.
    """

    kind: str
    title: str
    summary: str
    paragraphs: tuple[str, ...]
    body: str
    source: str
    author: str
    keywords: str


def text(number: int, *, kind: str = "") -> Text:
    """Return text ``number``. If ``kind`` is empty, the kind of the text is chosen at random."""
    rng = random.Random(SEED * 1_000_003 + number)
    kind = kind or rng.choice(KINDS)
    paragraphs, html, left, chapters = [], [], BYTES * rng.uniform(0.75, 1.25), 0
    while left > 0:
        if len(html) % 6 == 3 and chapters < len(_NUMERALS):
            chapter = f"{_NUMERALS[chapters]}、{_say('heading', rng)}"
            chapters += 1
            paragraphs.append(chapter)
            html.append(f"<h2>{escape(chapter)}</h2>")
        paragraph = "".join([_say(kind, rng) for _ in range(rng.randint(2, 6))])
        paragraphs.append(paragraph)
        html.append(f"<p>{escape(paragraph)}</p>")
        left -= len(paragraph.encode())
    return Text(
        kind=kind,
        title=_say(f"title_{kind}", rng)[:60],
        summary=_say("summary", rng)[:150],
        paragraphs=tuple(paragraphs),
        body="\n".join(html),
        source=_say("source", rng),
        author=_say("person", rng),
        keywords=",".join(dict.fromkeys(_say("topic", rng) for _ in range(3))),
    )


class _Grammar:
    """The parsed tables of the vocabulary, with a method that expands patterns to text."""

    def __init__(self) -> None:
        self.words = {name: words.split() for name, words in vocabulary.WORDS.items()} | _names()
        self.patterns = {
            name: [_compiled(line.strip()) for line in lines.strip().splitlines()]
            for name, lines in vocabulary.PATTERNS.items()
        }
        every = [pattern for patterns in self.patterns.values() for pattern in patterns]
        slots = {part for pattern in every for is_slot, part in pattern if is_slot}
        if unknown := slots - self.words.keys() - self.patterns.keys() - _PICKERS.keys():
            raise ValueError(f"No such tables: {sorted(unknown)}")

    def expand(self, name: str, rng: random.Random, said: list[str]) -> None:
        if name in self.words:
            table = self.words[name]
            said.append(table[int(rng.random() ** SKEW * len(table))])
        elif name in self.patterns:
            choices = self.patterns[name]
            for is_slot, part in choices[int(rng.random() ** PATTERN_SKEW * len(choices))]:
                if is_slot:
                    self.expand(part, rng, said)
                else:
                    said.append(part)
        else:
            said.append(_PICKERS[name](rng))


@cache
def _grammar() -> _Grammar:
    return _Grammar()


def _say(name: str, rng: random.Random) -> str:
    said: list[str] = []
    _grammar().expand(name, rng, said)
    return "".join(said)


def _compiled(line: str) -> Pattern:
    parts = _SLOT.split(line)
    return tuple((bool(place % 2), part) for place, part in enumerate(parts) if part)


def _names() -> dict[str, list[str]]:
    """Return thousands of names of persons and places, in a random but reproducible order."""
    rng = random.Random(SEED)
    parts = {name: words.split() for name, words in vocabulary.SYLLABLES.items()}
    persons = {
        rng.choice(parts["surname"])
        + rng.choice(parts["given"])
        + (rng.choice(parts["given"]) if rng.random() < 0.7 else "")
        for _ in range(9_000)
    }
    places = {
        rng.choice(parts["place"]) + rng.choice(parts["place_end"])
        + rng.choice(parts["kind_of_place"])
        for _ in range(4_000)
    }  # fmt: skip
    found = {"person": sorted(persons), "place": sorted(places)}
    for names in found.values():
        rng.shuffle(names)
    return found


def _date(rng: random.Random) -> str:
    return f"{rng.randint(1, 12)}月{rng.randint(1, 28)}日"


def _month(rng: random.Random) -> str:
    return f"{rng.randint(2015, 2025)}年{rng.randint(1, 12)}月"


def _money(rng: random.Random) -> str:
    return f"{int(10 ** rng.uniform(2.5, 6.5))}"


def _docket(rng: random.Random) -> str:
    kind = rng.choice(("民初", "刑初", "执", "行初", "民特", "执异"))
    return f"（{rng.randint(2015, 2025)}）梨{kind}{rng.randint(1, 4999)}号"


_PICKERS: dict[str, Picker] = {
    "date": _date,
    "month": _month,
    "money": _money,
    "docket": _docket,
    "year": lambda rng: str(rng.randint(2015, 2025)),
    "clock": lambda rng: f"{rng.randint(8, 16)}时{rng.choice(('', '30分'))}",
    "number": lambda rng: str(int(10 ** rng.uniform(0.3, 3.3))),
    "small": lambda rng: str(rng.randint(2, 30)),
    "percent": lambda rng: f"{rng.uniform(0.5, 99.9):.{rng.randint(0, 2)}f}%",
}
