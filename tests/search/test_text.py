"""Texts are folded, tokenized and marked, and queries are parsed, all without a database."""

import re

import pytest
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from portal.search import documents, tokens
from portal.search.folding import clean, fold, fold_offsets
from portal.search.query import MAX_QUERY_LENGTH, MAX_TERMS, parse
from portal.search.snippets import find_spans, highlight, make_snippet

SURROGATES = st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF)
#: A Hypothesis strategy for texts of usual and unusual characters.
ANYTHING = st.text(
    st.one_of(
        st.sampled_from('法院公告民典國国Ａａ１1 \n“”"「」㎡ﬁß·-.'), st.characters(), SURROGATES
    ),
    max_size=80,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("國家賠償", "国家赔偿"),
        ("執行異議之訴", "执行异议之诉"),
        ("後裏發髮鐘鍾", "后里发发钟钟"),
        ("ＡＢＣ１２３", "abc123"),
        ("（２０２３）", "(2023)"),
        ("WeChat", "wechat"),
        ("ﬁnance ㎡", "finance m2"),
        ("二○二四年", "二〇二四年"),
        ("看著", "看着"),
        ("共 12 起", "共12起"),
        ("\uf900", "岂"),
        ("Straße", "strasse"),
    ],
)
def test_equivalent_spellings_are_folded_alike(one: str, other: str) -> None:
    assert fold(clean(one)) == fold(clean(other)) == other


@pytest.mark.parametrize("different", [("民法", "刑法"), ("a", "b"), ("法院", "法 院")])
def test_different_texts_are_folded_differently(different: tuple[str, str]) -> None:
    one, other = different
    assert fold(one) != fold(other)


@given(ANYTHING)
def test_cleaning_and_folding_are_idempotent(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert fold(fold(cleaned)) == fold(cleaned)
    offsets = fold_offsets(cleaned)
    assert (offsets[-1] if offsets else len(cleaned)) == len(fold(cleaned))
    cleaned.encode()  # raises an error for surrogates, which no database accepts
    assert "\0" not in cleaned


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("法院", None),
        ("共 12 起", [0, 1, 1, 2, 3, 3, 4]),  # a removed space has the next character's offset
        ("㎡ 法院", [0, 2, 2, 3, 4]),  # folding makes two characters of one, and removes a space
        ("㎡法", [0, 2, 3]),
    ],
)
def test_offsets_of_folded_characters(text: str, found: list[int] | None) -> None:
    assert fold_offsets(text) == found


def test_the_tokens_of_a_text() -> None:
    assert tokens.tokenize(fold("审判第12号，ABC法")) == {
        *"审判第号法",
        "审判",
        "判第",
        "审判第",
        "12",
        "abc",
    }


def test_rare_characters_are_tokens() -> None:
    """Rare characters of names must be found: Unicode's Extensions B to H and private use area."""
    for letter in ("𠮷", "𰻝", "\ue001", "〇", "々"):
        assert {letter, "李" + letter} <= tokens.tokenize("李" + letter)


@given(st.text(max_size=300), st.data())
def test_tokens_of_a_part_are_tokens_of_the_text(text: str, data: st.DataObject) -> None:
    """A text must have all tokens that a search for a part of the text requires."""
    folded = fold(clean(text))
    for run in re.findall(rf"{tokens.UNSPACED.pattern}+", folded):
        start = data.draw(st.integers(0, len(run) - 1))
        end = data.draw(st.integers(start + 1, len(run)))
        assert set(tokens.required_tokens(run[start:end])) <= tokens.tokenize(folded)


@given(ANYTHING)
def test_no_text_produces_facet_tokens(text: str) -> None:
    for token in tokens.tokenize(fold(clean(text))):
        assert not token.startswith((tokens.FACET_PREFIX, tokens.TITLE_PREFIX))
        assert not set(token) & set("\"'\\ \n\t\0")


def test_tokens_of_a_row_fit_into_a_tsvector() -> None:
    letters = [chr(code) for code in range(0x4E00, 0x9FA0)]
    text = "".join(letters[i * 7919 % len(letters)] + letters[i % 911] for i in range(300_000))
    found = documents.row_tokens("题", text, "§ §karticles")
    assert found[:2] == ["§", "§karticles"]
    assert 800_000 < sum(len(token.encode()) for token in found) < 1_048_575


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("法院", ["法院"]),
        ("法院　公告", ["法院", "公告"]),
        ("《民法典》、婚姻；", ["民法典", "婚姻"]),
        ("“以案 说法” 社区", ["以案 说法", "社区"]),
        ('"以案说法"', ["以案说法"]),
        ("「以案說法」", ["以案说法"]),
        ("“没有关上 社区", ["没有关上", "社区"]),
        ("“，。” 社区", ["社区"]),
        ("2024-12-04 98.65%", ["2024-12-04", "98.65"]),
        ("1,234件 2020,2021", ["1,234件", "2020", "2021"]),
        ("2024 年 “2024 年”", ["2024", "年", "2024年"]),
        ("第１２号", ["第12号"]),
        ("法院 法院 法 院", ["法院", "法", "院"]),
        ("example.org/news", ["example.org/news"]),
        ("，。！", []),
        ("\x00\ud800\u200b", []),
        ("", []),
    ],
)
def test_queries_are_parsed(query: str, terms: list[str]) -> None:
    assert [term.text for term in parse(query).terms] == terms


def test_quotation_marks_of_a_quoted_query_become_single() -> None:
    assert parse('“以案 说法” 「社區」 "x"').text_inside_quotes == "‘以案 说法’ ‘社區’ ‘x’"


def test_long_queries_are_truncated() -> None:
    assert parse("法" * MAX_QUERY_LENGTH).was_truncated is False
    long = parse("法" * 10_000)
    assert long.was_truncated
    assert [len(term.text) for term in long.terms] == [MAX_QUERY_LENGTH]
    many = parse(" ".join(f"w{number}" for number in range(MAX_TERMS + 1)))
    assert (len(many.terms), many.was_truncated) == (MAX_TERMS, True)


@given(ANYTHING)
def test_a_displayed_term_is_parsed_as_the_same_term(written: str) -> None:
    terms = parse(written).terms
    for term in terms:
        assert term.tokens
        assert [each.text for each in parse(str(term)).terms] == [term.text]


@pytest.mark.parametrize(
    ("text", "query", "highlighted"),
    [
        ("本院執行難", "执行难", "本院<mark>執行難</mark>"),
        ("电话ＡＢＣ", "abc", "电话<mark>ＡＢＣ</mark>"),
        ("面积100㎡，共㎡", "m2", "面积100㎡，共<mark>㎡</mark>"),
        ("ﬁnance ﬁne 法", "法", "ﬁnance ﬁne <mark>法</mark>"),
        ("<b>法院</b>", "法院", "&lt;b&gt;<mark>法院</mark>&lt;/b&gt;"),
        ("a&法院\"'", "法院", "a&amp;<mark>法院</mark>&quot;&#x27;"),
        ("法院院长", "法院 院长", "<mark>法院院长</mark>"),
        ("人民法院院", "人民法院 法院院", "<mark>人民法院院</mark>"),
        ("art party", "art", "<mark>art</mark> party"),
        ("没有", "法院", "没有"),
    ],
)
def test_hits_are_marked_in_the_original_text(text: str, query: str, highlighted: str) -> None:
    assert highlight(text, parse(query).terms) == highlighted


def test_a_snippet_surrounds_the_hit() -> None:
    text = "开头。" + "前" * 500 + "法院" + "后" * 500
    number, snippet = make_snippet(["", text], parse("法院").terms)
    assert number == 1
    assert snippet.startswith("…前")
    assert snippet.endswith("后…")
    assert "<mark>法院</mark>" in snippet
    assert len(snippet) < 160
    assert make_snippet(["其一。", "第一句。法院在此。\n第三句。"], parse("法院").terms) == (
        1,
        "<mark>法院</mark>在此。 第三句。",
    )
    assert make_snippet(["", "没有"], parse("法院").terms) == (1, "没有")
    assert make_snippet([""], parse("法院").terms) == (0, "")


@given(ANYTHING, ANYTHING)
def test_marking_changes_no_character(text: str, written: str) -> None:
    text = clean(text)
    terms = parse(written).terms
    for start, end in find_spans(text, terms):
        assert 0 <= start < end <= len(text)
    plain = highlight(text, terms).replace("<mark>", "").replace("</mark>", "")
    assert plain == escape(text.replace("\n", " "))
    _number, piece = make_snippet([text], terms)
    assert "<" not in piece.replace("<mark>", "").replace("</mark>", "")
