"""Search: whether everything is found, and how long a reader waits."""

from __future__ import annotations

import random
import re
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.build import Portal, text_of
from tests.benchmarks.corpus import SEED
from tests.benchmarks.inside import asked
from tests.benchmarks.report import Table, Wish, middle, number, percentile

#: Looked at to know which words are frequent.
SAMPLE = 200
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_NUMBERED = re.compile(r"[0-9]+[\u4e00-\u9fff]{1,2}")
RECALLED = ("two characters", "four characters", "two terms")
ALL = Wish(least=1.0)


def queries(count: int, each: int) -> dict[str, list[str]]:
    """So many of each kind, drawn from what the articles say."""
    rng = random.Random(SEED)

    def runs(length: int) -> list[str]:
        """Of one article: pieces of its text."""
        while True:
            text = "\n".join(text_of(rng.randrange(count)).paragraphs)
            long = [run for run in _HAN.findall(text) if len(run) >= length]
            if long:
                found = [rng.choice(long) for _ in range(2)]
                starts = [rng.randrange(len(run) - length + 1) for run in found]
                return [run[at : at + length] for run, at in zip(found, starts, strict=True)]

    def numbered() -> str:
        """A number and what is counted by it."""
        while True:
            text = "\n".join(text_of(rng.randrange(count)).paragraphs)
            if found := _NUMBERED.findall(text):
                return rng.choice(found)

    standing: Counter[str] = Counter()
    for number_ in range(min(SAMPLE, count)):
        text = "\n".join(text_of(number_).paragraphs)
        pairs = (run[at : at + 2] for run in _HAN.findall(text) for at in range(len(run) - 1))
        standing.update(set(pairs))
    return {
        "two characters": [runs(2)[0] for _ in range(each)],
        "four characters": [runs(4)[0] for _ in range(each)],
        "two terms": [" ".join(runs(2)) for _ in range(each)],
        "one character": [runs(1)[0] for _ in range(each)],
        "in nearly every text": [word for word, _texts in standing.most_common(each)],
        "a number at the edge": [numbered() for _ in range(each)],
    }


def measure(portals: list[Portal], *, each: int, logs: Path) -> list[Table]:
    """The same queries everywhere, the databases in turn."""
    count = portals[0].count
    asked_for = queries(count, each)
    found = Table(f"Search among {count:,} articles: what is found", _FOUND)
    times = Table(f"Search among {count:,} articles: how long it takes", _TIMES)
    with ExitStack() as stack:
        children = [stack.enter_context(asked(portal, logs)) for portal in portals]
        for child in children:
            child.ask("searches", queries=asked_for["two terms"][:3], by_relevance=True)  # warm
            drawn = [query for kind in RECALLED for query in asked_for[kind][: each // 2]]
            answers = iter(child.ask("recall", queries=drawn))
            for kind in RECALLED:
                rows = [next(answers) for _ in asked_for[kind][: each // 2]]
                held, both, all_ = (sum(column) for column in zip(*rows, strict=True))
                recall = both / held if held else 1.0
                vendor = child.portal.vendor
                judged = found.judge(f"recall, {kind}, {vendor}", recall, ALL, ".4f")
                found.add(kind, vendor, len(rows), f"{held:,}", f"{all_:,}", judged)
        one = {child.portal.vendor: middle(child.ask("lookups", count=300)) for child in children}
        for kind, listed in asked_for.items():
            for by_relevance in (False, True):
                order = "by relevance" if by_relevance else "newest first"
                taken: dict[str, list[list[float]]] = {}
                for start in range(0, len(listed), 5):
                    for child in children:
                        some = listed[start : start + 5]
                        taken.setdefault(child.portal.vendor, []).extend(
                            child.ask("searches", queries=some, by_relevance=by_relevance)
                        )
                for vendor, values in taken.items():
                    known, shown = zip(*values, strict=True)
                    cells = [
                        number(value)
                        for each_ in (known, shown)
                        for value in (middle(each_), percentile(each_, 0.95))
                    ]
                    multiples = [
                        f"× {number(value / one[vendor])}"
                        for value in (middle(known), percentile(known, 0.95))
                    ]
                    times.add(f"{kind}, {order}", vendor, *cells, *multiples)
    found.notes.append(
        "Held: articles in which the query's words stand, read one after the other; found: by the"
        " index, in articles, captions and names of columns included. Queries are cut from the"
        " texts at any place, so most are no words of a dictionary."
    )
    looked = ", ".join(f"{number(value)} ms on {vendor}" for vendor, value in one.items())
    times.notes.append(
        f"{each} queries of each kind, each asked once. Milliseconds until the first page of hits"
        " is known, and with their snippets cut and marked; the multiples are of the former to one"
        f" look-up by key through the same connection ({looked})."
    )
    return [found, times]


_FOUND = ("queries", "database", "asked", "held", "found", "recall")
_TIMES = (
    *("queries", "database", "hits known, ms", "p95", "with snippets, ms", "p95"),
    *("× a look-up", "× p95"),
)
