"""The matching of the blocks and words of two texts, in bounded time.

Chinese has no spaces between words, so each Chinese character counts as a word (``reader.WORD``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate, pairwise

from .reader import Block, Word

#: Maximum number of pairs of equal words that the comparison of one field examines, which takes a
#: fraction of a second. Beyond the limit, text is shown as replaced as a whole.
MAX_PAIRS = 1_000_000
#: Two paragraphs with more words than this together are first compared by sentence.
LONG_PARAGRAPH_WORDS = 4_000
#: Maximum number of old blocks that are compared with one new block.
MAX_CANDIDATES = 40
#: The minimum share of adjacent word pairs that two versions of a paragraph have in common.
MIN_SIMILARITY = 0.3

SENTENCE_ENDS = frozenset("。！？；!?;\n↵")

#: ("equal" or "replace", old start, old end, new start, new end), like opcodes of ``difflib``.
Step = tuple[str, int, int, int, int]


class _Budget:
    """The number of word pairs, of ``MAX_PAIRS``, that the comparison may still examine."""

    def __init__(self) -> None:
        self.left = MAX_PAIRS

    def spend(self, cost: int) -> bool:
        """Subtract the cost and return True; return False if less than the cost is left."""
        if cost > self.left:
            return False
        self.left -= cost
        return True


@dataclass(frozen=True)
class BlockPair:
    """Corresponding blocks, and the steps that turn the old words into the new words.

    ``old`` is None for an added block, ``new`` for a removed block.
    """

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
    """Replace equal values by equal integers, because integers are faster to compare."""
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

    ``SequenceMatcher`` finds each run; the budget limits the number of searches.
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
    """Yield pairs of corresponding blocks in reading order."""
    keys = _numbered((block.key for block in old), (block.key for block in new))
    for kind, i1, i2, j1, j2 in _steps(*keys, budget):
        if kind == "equal":
            yield from zip(old[i1:i2], new[j1:j2], strict=True)
        else:
            yield from _pair_replaced(old[i1:i2], new[j1:j2])


def _pair_replaced(
    old: list[Block], new: list[Block]
) -> Iterator[tuple[Block | None, Block | None]]:
    """Pair each new block of a changed run with the next similar old block.

    If both runs consist of equally many table cells, the cells are paired by position.
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
    """Count the pairs of adjacent words in a block, which measure the similarity of paragraphs."""
    return Counter(pairwise([None, *(word.key for word in block.words), None]))


def _are_similar(one: Counter, two: Counter) -> bool:
    return 2 * (one & two).total() > MIN_SIMILARITY * (one.total() + two.total())


def _word_steps(old: list[Word], new: list[Word], budget: _Budget) -> Iterator[Step]:
    """Yield the steps between the words of two blocks; compare long blocks by sentence first."""
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
    """Return 0, the index at which each further sentence begins, and the number of words."""
    starts = (i + 1 for i, word in enumerate(words) if word.text in SENTENCE_ENDS)
    return sorted({0, *starts, len(words)})
