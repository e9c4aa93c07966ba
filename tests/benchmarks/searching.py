"""Measure the search: its recall, and the duration of a search query."""

from __future__ import annotations

import random
import re
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.build import Portal, text_of
from tests.benchmarks.corpus import SEED
from tests.benchmarks.inside import Child, measuring_process
from tests.benchmarks.report import Table, Target, middle, number, percentile

#: Number of articles that are read to find frequent pairs of characters.
SAMPLE = 200
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_NUMBERED = re.compile(r"[0-9]+[\u4e00-\u9fff]{1,2}")
RECALLED = ("two characters", "four characters", "two terms")
ALL = Target(least=1.0)


def queries(count: int, each: int) -> dict[str, list[str]]:
    """Draw ``each`` search queries of every kind from the texts of the newest
    ``count`` articles.
    """
    rng = random.Random(SEED)
    return {
        "two characters": [_pieces(rng, count, 2)[0] for _ in range(each)],
        "four characters": [_pieces(rng, count, 4)[0] for _ in range(each)],
        "two terms": [" ".join(_pieces(rng, count, 2)) for _ in range(each)],
        "one character": [_pieces(rng, count, 1)[0] for _ in range(each)],
        "in nearly every text": _frequent_pairs(count)[:each],
        "a number at the edge": [_numbered(rng, count) for _ in range(each)],
    }


def _text(number: int) -> str:
    return "\n".join(text_of(number).paragraphs)


def _pieces(rng: random.Random, count: int, length: int) -> list[str]:
    """Cut two pieces of ``length`` Chinese characters from the text of one random article."""
    while True:
        runs = [run for run in _HAN.findall(_text(rng.randrange(count))) if len(run) >= length]
        if runs:
            chosen = [rng.choice(runs) for _ in range(2)]
            starts = [rng.randrange(len(run) - length + 1) for run in chosen]
            return [run[at : at + length] for run, at in zip(chosen, starts, strict=True)]


def _numbered(rng: random.Random, count: int) -> str:
    """Return a number from a random article, with the one or two Chinese
    characters that follow it.
    """
    while True:
        if found := _NUMBERED.findall(_text(rng.randrange(count))):
            return rng.choice(found)


def _frequent_pairs(count: int) -> list[str]:
    """Return pairs of Chinese characters; the pairs that occur in most articles are first."""
    occurrences: Counter[str] = Counter()
    for number_ in range(min(SAMPLE, count)):
        runs = _HAN.findall(_text(number_))
        occurrences.update({run[at : at + 2] for run in runs for at in range(len(run) - 1)})
    return [pair for pair, _articles in occurrences.most_common()]


def measure(portals: list[Portal], *, each: int, logs: Path) -> list[Table]:
    """Send the same queries to every portal in turn; return the tables of recall and of times.

    ``each`` is the number of queries of each kind.
    """
    count = portals[0].count
    drawn = queries(count, each)
    found = Table(f"Search among {count:,} articles: what is found", _FOUND)
    times = Table(f"Search among {count:,} articles: how long it takes", _TIMES)
    with ExitStack() as stack:
        children = [stack.enter_context(measuring_process(portal, logs)) for portal in portals]
        for child in children:
            # The first queries fill caches; they are not counted.
            child.ask("searches", queries=drawn["two terms"][:3], by_relevance=True)
            _add_recall(found, child, drawn, each)
        lookup = {
            child.portal.vendor: middle(child.ask("lookups", count=300)) for child in children
        }
        for kind, texts in drawn.items():
            for by_relevance in (False, True):
                order = "by relevance" if by_relevance else "newest first"
                taken = _time_queries(children, texts, by_relevance)
                for vendor, values in taken.items():
                    _add_times(times, f"{kind}, {order}", vendor, values, lookup[vendor])
    found.notes.append(
        "Held: articles that contain the query's words, read one after the other; found: by the"
        " index, in articles, captions and names of columns included. Queries are cut from the"
        " texts at any place, so most are no words of a dictionary."
    )
    looked_up = ", ".join(f"{number(value)} ms on {vendor}" for vendor, value in lookup.items())
    times.notes.append(
        f"{each} queries of each kind, each sent once. Milliseconds until the first page of hits"
        " is known, and with their snippets cut and marked; the multiples are of the former to one"
        f" look-up by key through the same connection ({looked_up})."
    )
    return [found, times]


def _add_recall(table: Table, child: Child, drawn: dict[str, list[str]], each: int) -> None:
    """Add a row for each kind of query: the share of the articles with the query's words that the
    search finds.
    """
    sent = [query for kind in RECALLED for query in drawn[kind][: each // 2]]
    answers = iter(child.ask("recall", queries=sent))
    vendor = child.portal.vendor
    for kind in RECALLED:
        rows = [next(answers) for _ in drawn[kind][: each // 2]]
        held, both, all_ = (sum(column) for column in zip(*rows, strict=True))
        recall = both / held if held else 1.0
        judged = table.judge(f"recall, {kind}, {vendor}", recall, ALL, ".4f")
        table.add(kind, vendor, len(rows), f"{held:,}", f"{all_:,}", judged)


def _time_queries(
    children: list[Child], texts: list[str], by_relevance: bool
) -> dict[str, list[list[float]]]:
    """Return the times of each query by database.

    Five queries are sent to one portal, then the same five to the next, so that a slow phase of the
    machine affects all databases.
    """
    taken: dict[str, list[list[float]]] = {}
    for start in range(0, len(texts), 5):
        for child in children:
            some = texts[start : start + 5]
            taken.setdefault(child.portal.vendor, []).extend(
                child.ask("searches", queries=some, by_relevance=by_relevance)
            )
    return taken


def _add_times(
    table: Table, name: str, vendor: str, values: list[list[float]], lookup: float
) -> None:
    known, with_snippets = zip(*values, strict=True)
    cells = [
        number(value)
        for times in (known, with_snippets)
        for value in (middle(times), percentile(times, 0.95))
    ]
    multiples = [
        f"× {number(value / lookup)}" for value in (middle(known), percentile(known, 0.95))
    ]
    table.add(name, vendor, *cells, *multiples)


_FOUND = ("queries", "database", "requested", "held", "found", "recall")
_TIMES = (
    *("queries", "database", "hits known, ms", "p95", "with snippets, ms", "p95"),
    *("× a look-up", "× p95"),
)
