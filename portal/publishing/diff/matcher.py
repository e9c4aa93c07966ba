"""Match blocks and words of two texts, in bounded time.

Chinese has no spaces, so words are characters there; see ``reader.WORD``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate, pairwise

from .reader import Block, Word

#: How many pairs of equal words one field's comparison may examine: a fraction of a second. What
#: would cost more (a hundred thousand characters rewritten) is shown as replaced as a whole.
MAX_PAIRS = 1_000_000
#: Two paragraphs with more words than this together are compared sentence by sentence first.
LONG_PARAGRAPH_WORDS = 4_000
#: How many of the old blocks are candidates for one new block.
MAX_CANDIDATES = 40
#: The minimum share of adjacent word pairs that two versions of one paragraph have in common.
MIN_SIMILARITY = 0.3

SENTENCE_ENDS = frozenset("。！？；!?;\n↵")

#: "equal" or "replace", then the old and the new range, as ``difflib`` gives opcodes.
Step = tuple[str, int, int, int, int]


class _Budget:
    """The remaining part of ``MAX_PAIRS``."""

    def __init__(self) -> None:
        self.left = MAX_PAIRS

    def spend(self, cost: int) -> bool:
        """Subtract the cost and return True, unless too little is left."""
        if cost > self.left:
            return False
        self.left -= cost
        return True


@dataclass(frozen=True)
class BlockPair:
    """Corresponding blocks (one may be missing), and the steps between their words."""

    old: Block | None
    new: Block | None
    steps: tuple[Step, ...] = ()

    @property
    def is_unchanged(self) -> bool:
        return self.old is not None and self.new is not None and self.old.key == self.new.key


def match(old: list[Block], new: list[Block]) -> list[BlockPair]:
    """Pair the blocks of two texts, and the words within each pair."""
    budget = _Budget()
    return [
        BlockPair(
            before,
            after,
            tuple(_word_steps(before.words, after.words, budget)) if before and after else (),
        )
        for before, after in _pair_blocks(old, new, budget)
    ]


def _numbered(old: Iterable[Hashable], new: Iterable[Hashable]) -> tuple[list[int], list[int]]:
    """Replace equal values by equal integers, which compare quickly however long the values are."""
    numbers: dict[Hashable, int] = {}
    first, second = (
        [numbers.setdefault(value, len(numbers)) for value in side] for side in (old, new)
    )
    return first, second


def _steps(old: list[int], new: list[int], budget: _Budget) -> Iterator[Step]:
    """Yield the steps that turn one sequence into the other."""
    i = j = 0
    for i_match, j_match, size in [*_matches(old, new, budget), (len(old), len(new), 0)]:
        if i < i_match or j < j_match:
            yield "replace", i, i_match, j, j_match
        i, j = i_match + size, j_match + size
        if size:
            yield "equal", i_match, i, j_match, j


def _matches(old: list[int], new: list[int], budget: _Budget) -> list[tuple[int, int, int]]:
    """Return the longest common runs in order, as (old start, new start, length).

    ``SequenceMatcher`` finds each run; the budget bounds how many are searched for.
    """
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    occurrences = Counter(new)
    cost = list(accumulate((1 + occurrences[value] for value in old), initial=0))
    found = [(0, 0, head)] if head else []
    ranges = [(head, len(old) - tail, head, len(new) - tail)]
    while ranges:
        i1, i2, j1, j2 = ranges.pop()
        if i1 == i2 or j1 == j2 or not budget.spend(cost[i2] - cost[i1]):
            continue
        i, j, size = matcher.find_longest_match(i1, i2, j1, j2)
        if size:
            found.append((i, j, size))
            ranges += [(i1, i, j1, j), (i + size, i2, j + size, j2)]
    if tail:
        found.append((len(old) - tail, len(new) - tail, tail))
    return sorted(found)


def _pair_blocks(
    old: list[Block], new: list[Block], budget: _Budget
) -> Iterator[tuple[Block | None, Block | None]]:
    """Yield corresponding blocks side by side, in reading order."""
    keys = _numbered((block.key for block in old), (block.key for block in new))
    for kind, i1, i2, j1, j2 in _steps(*keys, budget):
        if kind == "equal":
            yield from zip(old[i1:i2], new[j1:j2], strict=True)
        else:
            yield from _pair_replaced(old[i1:i2], new[j1:j2])


def _pair_replaced(
    old: list[Block], new: list[Block]
) -> Iterator[tuple[Block | None, Block | None]]:
    """Within a changed run, pair a new block with the next similar old one.

    Table cells keep their places: an equal number of cells is paired in order, whatever they hold.
    """
    if [block.is_cell for block in old] == [block.is_cell for block in new] == [True] * len(old):
        yield from zip(old, new, strict=True)
        return
    profiles = [_word_pairs(block) for block in old]
    done = 0
    inserted: list[Block] = []
    for block in new:
        profile = _word_pairs(block)
        candidates = range(done, min(done + MAX_CANDIDATES, len(old)))
        index = next((i for i in candidates if _are_similar(profiles[i], profile)), None)
        if index is None:
            inserted.append(block)
            continue
        yield from ((other, None) for other in old[done:index])
        yield from ((None, other) for other in inserted)
        yield old[index], block
        done, inserted = index + 1, []
    yield from ((other, None) for other in old[done:])
    yield from ((None, other) for other in inserted)


def _word_pairs(block: Block) -> Counter:
    """Count the adjacent word pairs of a block, by which a changed paragraph is recognised."""
    return Counter(pairwise([None, *(word.key for word in block.words), None]))


def _are_similar(one: Counter, two: Counter) -> bool:
    return 2 * (one & two).total() > MIN_SIMILARITY * (one.total() + two.total())


def _word_steps(old: list[Word], new: list[Word], budget: _Budget) -> Iterator[Step]:
    """Yield the steps between the words of two blocks; long blocks are split at sentences first."""
    words = _numbered((word.key for word in old), (word.key for word in new))
    if len(old) + len(new) <= LONG_PARAGRAPH_WORDS:
        yield from _steps(*words, budget)
        return
    starts = _sentence_starts(old), _sentence_starts(new)
    sentences = _numbered(
        (tuple(words[0][a:b]) for a, b in pairwise(starts[0])),
        (tuple(words[1][a:b]) for a, b in pairwise(starts[1])),
    )
    for kind, *indexes in _steps(*sentences, budget):
        i1, i2 = starts[0][indexes[0]], starts[0][indexes[1]]
        j1, j2 = starts[1][indexes[2]], starts[1][indexes[3]]
        if kind == "equal":
            yield kind, i1, i2, j1, j2
            continue
        for inner, a1, a2, b1, b2 in _steps(words[0][i1:i2], words[1][j1:j2], budget):
            yield inner, i1 + a1, i1 + a2, j1 + b1, j1 + b2


def _sentence_starts(words: list[Word]) -> list[int]:
    """Return the indexes at which sentences begin, with 0 and the length of the text."""
    starts = (i + 1 for i, word in enumerate(words) if word.text in SENTENCE_ENDS)
    return sorted({0, *starts, len(words)})
