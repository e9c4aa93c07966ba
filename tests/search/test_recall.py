"""The index finds exactly the same documents as a substring search in all texts."""

import random
import re

import pytest
from django.contrib.contenttypes.models import ContentType

from news.models import Article
from portal.search.engines import Engine, engine
from portal.search.folding import fold
from portal.search.models import PublicIndex
from portal.search.public_search import SearchFilters
from portal.search.query import parse
from portal.search.snippets import find_spans
from portal.search.tokens import UNSPACED
from tests.benchmarks import corpus
from tests.search.build import index
from tests.workload import workload

pytestmark = pytest.mark.django_db

TEXTS = workload(3_000, 80)
QUERIES = workload(500, 60)


class IndexedCorpus:
    """A corpus of generated texts, both in the public index and in memory."""

    def __init__(self) -> None:
        self.kind = ContentType.objects.get_for_model(Article).pk
        made = [corpus.text(number) for number in range(TEXTS)]
        self.texts = [(each.title, "\n".join(each.paragraphs)) for each in made]
        index(self.texts, self.kind)
        self.folded = [fold(f"{title}\n{text}") for title, text in self.texts]
        self.random = random.Random(2_026)

    def part(self, length: int) -> str:
        """Return a random part of the texts that consists of ``length`` Chinese characters."""
        while True:
            text = self.random.choice(self.folded)
            start = self.random.randrange(len(text) - length)
            part = text[start : start + length]
            if re.fullmatch(f"{UNSPACED.pattern}+", part):
                return part

    def containing(self, *parts: str) -> set[int]:
        return {
            number
            for number, text in enumerate(self.folded, 1)
            if all(part in text for part in parts)
        }

    @staticmethod
    def found(query: str) -> set[int]:
        """Return the object ids of all texts that the index finds for a query."""
        match = SearchFilters().match(parse(query).terms)
        ordinals = engine(PublicIndex).find_ordinals(PublicIndex, match, TEXTS + 1)
        assert len(set(ordinals)) == len(ordinals)
        rows = PublicIndex.objects.filter(pk__in=ordinals)
        return set(rows.values_list("object_id", flat=True))


@pytest.fixture
def corpus_index() -> IndexedCorpus:
    return IndexedCorpus()


@pytest.mark.parametrize("length", [1, 2, 3, 4, 9])
def test_every_part_of_a_text_is_found(corpus_index: IndexedCorpus, length: int) -> None:
    for _query in range(QUERIES):
        part = corpus_index.part(length)
        assert corpus_index.found(part) == corpus_index.containing(part), part


def test_two_terms_must_both_match(corpus_index: IndexedCorpus) -> None:
    for _query in range(QUERIES):
        parts = corpus_index.part(2), corpus_index.part(corpus_index.random.choice((1, 2, 4)))
        assert corpus_index.found(" ".join(parts)) == corpus_index.containing(*parts), parts


def test_absent_terms_are_not_found(corpus_index: IndexedCorpus) -> None:
    """Terms of shuffled characters are found only in texts that contain the whole term.

    Pairs of these characters may occur in the corpus.
    """
    for _query in range(QUERIES):
        part = list(corpus_index.part(6))
        corpus_index.random.shuffle(part)
        assert corpus_index.found("".join(part)) == corpus_index.containing("".join(part))


def test_words_and_numbers_must_be_whole(corpus_index: IndexedCorpus) -> None:
    index(
        [("题", "编号ABC123，第45号，2023年"), ("题", "ABC1234，第145号，12023年")],
        corpus_index.kind,
        9001,
    )
    assert corpus_index.found("ABC123") == {9001}
    assert corpus_index.found("第45号") == {9001}
    assert 9002 not in corpus_index.found("2023年")


@pytest.mark.parametrize(
    ("text", "found", "not_found"),
    [
        ("11月召开会议，审结案件1件", ["11月", "1件", "召开会议"], ["1月", "月1"]),
        ("2024年12月5日，共2人出席", ["12月5日", "2人", "2024年12月"], ["2月", "2月5日", "4年"]),
        ("标的额15万元，下降5个百分点", ["15万元", "5个"], ["5万元", "额1"]),
        ("结案率198.65%，结案98.7件", ["198.65%"], ["98.65%", "198.6"]),
        ("共 12 起，2024 年工作报告", ["12起", "2024年工作", "“共 12 起”"], ["2起"]),
        ("ABC法院与DEF法院", ["abc法院", "与DEF"], ["bc法院", "与DE"]),
        ("学习C++17", ["“C++”", "学习c"], ["“C+-”"]),
        ("第1次会议，234人参加，共1,234人", ["1,234人"], ["1,23"]),
    ],
)
def test_numbers_at_the_edge_of_a_term_must_be_whole(
    text: str, found: list[str], not_found: list[str]
) -> None:
    """The search and the marks in snippets must follow the same rule."""
    index([("题", text)], ContentType.objects.get_for_model(Article).pk, 9001)
    for words in found:
        assert IndexedCorpus.found(words) == {9001}, words
        assert find_spans(text, parse(words).terms), words
    for words in not_found:
        assert IndexedCorpus.found(words) == set(), words


def test_very_long_texts_are_searched_to_the_end(corpus_index: IndexedCorpus) -> None:
    """The text is longer than the positions that a tsvector can store, and repeats its tokens.

    A tsvector stores at most 256 positions of a token.
    """
    middle = "法院" * 20_000 + "".join(map(chr, range(0x4E00, 0x9000))) * 3
    index([("长文", "开头" + middle + "最后一页的枫桥经验")], corpus_index.kind, 9001)
    for part in ("枫桥经验", "法院法院", "院法", "最后一页的枫桥经验"):
        assert 9001 in corpus_index.found(part), part
    assert corpus_index.found("开头最后") == set()
    assert corpus_index.found("枫桥 开头") >= {9001}


def test_the_newest_come_first_up_to_the_limit(corpus_index: IndexedCorpus) -> None:
    own: Engine = engine(PublicIndex)
    match = SearchFilters().match(parse("的").terms)
    ordinals = own.find_ordinals(PublicIndex, match, TEXTS)
    assert ordinals == sorted(ordinals, reverse=True)
    assert own.find_ordinals(PublicIndex, match, 7) == ordinals[:7]
