"""Differences between two contents, as shown to reviewers."""

import re
import sys
from html import unescape
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.models import Article
from portal.library.richtext import clean
from portal.publishing import diff
from portal.publishing.diff import Change, matcher, reader, renderer
from tests import factories
from tests.factories import Newsroom

MARK = re.compile(r"<(ins|del|span)[^>]*>(.*?)</\1>", re.DOTALL)


def change_of(before: str, after: str, field: str = "body") -> Change:
    """Return the only change between two articles that differ in one field."""
    (change,) = compare({field: before}, {field: after})
    return change


def compare(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    empty: dict[str, list] = {"pictures": [], "files": [], "references": []}
    return diff.changes(Article, {**empty, "fields": before}, {**empty, "fields": after})


def marks(change: Change) -> list[tuple[str, str]]:
    """Return (tag, text) of each ``ins``, ``del`` or ``span`` mark in the merged view."""
    return [(tag, unescape(text)) for tag, text in MARK.findall(change.inline)]


def block_texts(html: str) -> list[str]:
    """Return the text of each block, without the marks."""
    blocks = re.findall(r'<div class="diff-block[^>]*>(.*?)</div>', html, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", block)) for block in blocks]


def test_chinese_is_compared_character_by_character() -> None:
    change = change_of("<p>我院今年受理案件一百件。</p>", "<p>我院今年审结案件一百件。</p>")
    assert marks(change) == [("del", "受理"), ("ins", "审结")]
    assert block_texts(change.before) == ["我院今年受理案件一百件。"]
    assert block_texts(change.after) == ["我院今年审结案件一百件。"]
    assert "<ins>" not in change.before
    assert "<del>" not in change.after


def test_numbers_and_latin_words_stay_whole() -> None:
    change = change_of("<p>共1024件，court open</p>", "<p>共1025件，courts open</p>")
    assert marks(change) == [("del", "1024"), ("ins", "1025"), ("del", "court"), ("ins", "courts")]


def test_a_new_sentence_is_marked_and_nothing_else() -> None:
    change = change_of("<p>第一句。第三句。</p>", "<p>第一句。第二句。第三句。</p>")
    assert [tag for tag, _ in marks(change)] == ["ins"]
    assert len(marks(change)[0][1]) == 4


def test_plain_fields_are_compared_line_by_line() -> None:
    change = change_of("第一行\n第二行", "第一行\n第二行，改", field="summary")
    assert marks(change) == [("ins", "，改")]
    assert block_texts(change.inline) == ["第一行", "第二行，改"]


@pytest.mark.django_db
def test_choices_and_foreign_keys_are_shown_by_their_labels() -> None:
    one, two = factories.column(name="法院要闻"), factories.column(name="通知公告")
    (column,) = compare({"column": one.pk}, {"column": two.pk})
    assert block_texts(column.before) == ["法院要闻"]
    assert block_texts(column.after) == ["通知公告"]
    language = change_of("zh-hans", "en", field="language")
    assert block_texts(language.after) == [str(Article.Language.ENGLISH.label)]


def test_changes_follow_the_order_of_the_form_without_equal_fields() -> None:
    found = compare(
        {"title": "旧", "source": "本院", "author": "甲", "kicker": "同"},
        {"title": "新", "source": "省报", "author": "乙", "kicker": "同"},
    )
    names = [Article._meta.get_field(name).verbose_name for name in ("title", "source", "author")]
    assert [change.label.casefold() for change in found] == [str(n).casefold() for n in names]


def test_a_change_of_format_is_marked_where_the_words_stay() -> None:
    change = change_of("<p>今天<strong>下午</strong>开庭</p>", "<p>今天下午<em>开庭</em></p>")
    assert marks(change) == [("span", "下午"), ("span", "开庭")]
    assert "strong" in change.inline
    assert "em" in change.inline
    assert block_texts(change.inline) == ["今天下午开庭"]


def test_a_changed_link_address_is_a_change_of_format() -> None:
    change = change_of(
        '<p>见<a href="https://a.example/">公告</a></p>',
        '<p>见<a href="https://b.example/">公告</a></p>',
    )
    assert marks(change) == [("span", "公告")]
    assert "https://a.example/" in change.inline
    assert "https://b.example/" in change.inline


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>小标题</p>", "<h2>小标题</h2>"),
        ("<p>落款</p>", '<p class="align-right">落款</p>'),
        ("<ul><li>一项</li></ul>", "<ol><li>一项</li></ol>"),
        ("<ol><li>一项</li></ol>", '<ol start="3"><li>一项</li></ol>'),
        (
            "<table><tbody><tr><td>合计</td></tr></tbody></table>",
            '<table><tbody><tr><td colspan="2">合计</td></tr></tbody></table>',
        ),
    ],
)
def test_a_changed_block_type_is_marked(before: str, after: str) -> None:
    change = change_of(before, after)
    assert change.inline.count("diff-retagged") == 1
    assert marks(change) == []


_PIECES = st.sampled_from(
    [
        "<p>一</p>",
        "<p>一<strong>二</strong></p>",
        '<p class="align-right">一</p>',
        "<h2>一</h2>",
        "<ul><li>一</li></ul>",
        "<ol><li>一</li><li>二</li></ol>",
        "<ol><li>一<ul><li>二</li></ul></li></ol>",
        "<table><tbody><tr><td>一</td><td>二</td></tr></tbody></table>",
        "<table><tbody><tr><td>一</td></tr><tr><td>二</td></tr></tbody></table>",
        "<blockquote><p>一</p></blockquote>",
        '<p><img data-image="1" alt="图"></p>',
        '<p><img data-image="1" alt="图" class="w-50"></p>',
        '<figure class="image"><img data-image="1" alt="图"><figcaption>一</figcaption></figure>',
        "<hr>",
        "<p>一<br>二</p>",
        '<p><a href="/news/">一</a></p>',
        '<p><a href="/news/" title="标题">一</a></p>',
    ]
)
_BODIES = st.lists(_PIECES, max_size=6).map("".join)


@given(before=_BODIES, after=_BODIES)
def test_different_bodies_always_have_a_mark(before: str, after: str) -> None:
    found = compare({"body": before}, {"body": after})
    assert bool(found) == (before != after)
    for change in found:
        assert marks(change) or "diff-retagged" in change.inline


def test_a_moved_paragraph_is_deleted_and_inserted_once() -> None:
    one, two, three = "<p>甲说第一。</p>", "<p>乙说的是另外一件事。</p>", "<p>丙不同意。</p>"
    change = change_of(one + two + three, two + three + one)
    assert marks(change) == [("del", "甲说第一。"), ("ins", "甲说第一。")]
    assert block_texts(change.before) == ["甲说第一。", "乙说的是另外一件事。", "丙不同意。"]
    assert block_texts(change.after) == ["乙说的是另外一件事。", "丙不同意。", "甲说第一。"]


def test_a_new_paragraph_does_not_mark_its_neighbours() -> None:
    change = change_of(
        "<p>第一段。</p><p>第三段。</p>", "<p>第一段。</p><p>完全不同的话</p><p>第三段。</p>"
    )
    assert marks(change) == [("ins", "完全不同的话")]


def test_a_table_is_compared_cell_by_cell() -> None:
    row = "<tr><td>刑事</td><td>{}</td></tr><tr><td>民事</td><td>100</td></tr>"
    table = f"<table><tbody>{row}</tbody></table>"
    change = change_of(table.format("20"), table.format("25"))
    assert marks(change) == [("del", "20"), ("ins", "25")]
    assert block_texts(change.after) == ["刑事", "25", "民事", "100"]
    added = table.format("20").replace("</tbody>", "<tr><td>执行</td><td>7</td></tr></tbody>")
    assert marks(change_of(table.format("20"), added)) == [("ins", "执行"), ("ins", "7")]


def test_pictures_in_the_text_are_compared() -> None:
    image = '<p><img data-image="{}" alt="{}"></p>'
    text = "<p>正文</p>"
    inserted = change_of(text, text + image.format(7, "庭审现场"))
    assert [tag for tag, _ in marks(inserted)] == ["ins"]
    assert "7" in marks(inserted)[0][1]
    assert "庭审现场" in marks(inserted)[0][1]
    for before, after in (((7, "图"), (8, "图")), ((7, "图"), (7, "别的说明"))):
        change = change_of(text + image.format(*before), text + image.format(*after))
        assert [tag for tag, _ in marks(change)] == ["del", "ins"]
    smaller = change_of(image.format(7, "图"), '<p><img data-image="7" alt="图" class="w-50"></p>')
    assert [tag for tag, _ in marks(smaller)] == ["span"]
    assert "w-50" in smaller.inline


@pytest.mark.django_db
def test_attached_pictures_and_references_are_compared() -> None:
    newsroom = Newsroom()
    one = factories.image(newsroom.editor, title="开庭")
    two = factories.image(newsroom.editor, title="宣判")
    other = newsroom.live(title="另一篇")
    row = {"alt": "说明", "caption": "", "credit": "", "focal_x": 50, "focal_y": 50}
    before = {"fields": {}, "pictures": [{"image": one.pk, **row}], "files": [], "references": []}
    related = {"role": "related", "type": "news.article", "id": other.pk}
    after: dict[str, Any] = {
        **before,
        "pictures": [
            {"image": one.pk, **row, "caption": "图注", "focal_x": 20},
            {"image": two.pk, **row},
        ],
        "references": [related],
    }
    pictures, references = diff.changes(Article, before, after)
    assert {tag for tag, _ in marks(pictures)} == {"ins", "del"}
    for text in ("图注", "20", "宣判"):
        assert any(text in marked for tag, marked in marks(pictures) if tag == "ins")
    assert "另一篇" in references.after
    # A different order of the same rows is a change.
    swapped = {**after, "pictures": after["pictures"][::-1]}
    assert len(diff.changes(Article, after, swapped)) == 1
    # The page must still work if an image or object was deleted.
    gone = {**after, "pictures": [{"image": 10**9, **row}]}
    gone["references"] = [{**related, "id": 10**9}]
    assert len(diff.changes(Article, before, gone)) == 2


AWKWARD = "<script>alert(1)</script>\"'&amp;<b>"


@pytest.mark.parametrize("field", ["title", "summary", "source"])
def test_plain_fields_are_escaped(field: str) -> None:
    for before, after in ((AWKWARD, ""), ("", AWKWARD), (AWKWARD, AWKWARD + "改")):
        assert_only_expected_tags(change_of(before, after, field=field))


def test_rich_text_is_escaped() -> None:
    bodies = [
        "<p>&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;</p>",
        '<p><a href="https://a.example/?&quot;&gt;&lt;script&gt;">甲</a></p>',
        '<p><img data-image="1" alt="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"></p>',
        '<p><a href="https://a.example/" title="&lt;script&gt;">甲</a></p>',
    ]
    bodies = [clean(body) for body in bodies]
    assert all("script" in body for body in bodies[:3])
    for before in bodies:
        for after in [*bodies, ""]:
            if before != after:
                assert_only_expected_tags(change_of(before, after))


@pytest.mark.django_db
def test_attached_rows_are_escaped() -> None:
    newsroom = Newsroom()
    image = factories.image(newsroom.editor, title=AWKWARD)
    row = {"image": image.pk, "alt": AWKWARD, "caption": AWKWARD, "credit": AWKWARD}
    row |= {"focal_x": 50, "focal_y": 50}
    before: dict = {"fields": {}, "pictures": [], "files": [], "references": []}
    (change,) = diff.changes(Article, before, {**before, "pictures": [row]})
    assert_only_expected_tags(change)


def assert_only_expected_tags(change: Change) -> None:
    for side in (change.before, change.after, change.inline):
        tags = set(re.findall(r"<(/?\w+)", side))
        assert tags <= {"div", "/div", "ins", "/ins", "del", "/del", "span", "/span"}
        for attributes in re.findall(r"<\w+ ([^>]*)>", side):
            assert set(re.findall(r"([\w-]+)=\"", attributes)) <= {"class", "data-tag", "title"}


LONG_TEXT_LENGTH = 12_000
#: Executed lines are counted on shorter texts, because counting slows them down. The limits of the
#: comparison are reduced in proportion; the number of pairs grows with the square of the length.
COUNTED_TEXT_LENGTH = LONG_TEXT_LENGTH // 4
COUNTED_LIMITS = {
    "MAX_PAIRS": matcher.MAX_PAIRS // 4**2,
    "LONG_PARAGRAPH_WORDS": matcher.LONG_PARAGRAPH_WORDS // 4,
}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("的" * COUNTED_TEXT_LENGTH, "的" * (COUNTED_TEXT_LENGTH - 1) + "了" + "的" * 5),
        ("的是" * (COUNTED_TEXT_LENGTH // 2), "是的了" * (COUNTED_TEXT_LENGTH // 3)),
        (
            "".join(chr(0x4E00 + i * 7919 % 3000) for i in range(COUNTED_TEXT_LENGTH)),
            "的一是在不了有和人" * (COUNTED_TEXT_LENGTH // 9),
        ),
        ("案件。" * (COUNTED_TEXT_LENGTH // 3), "案。件。" * (COUNTED_TEXT_LENGTH // 4)),
        ("ab ba " * (COUNTED_TEXT_LENGTH // 6), "ba ab aa " * (COUNTED_TEXT_LENGTH // 9)),
    ],
    ids=["one word", "two words", "rewritten", "sentences", "latin"],
)
@pytest.mark.parametrize("shape", ["one paragraph", "many paragraphs", "many cells"])
def test_the_number_of_executed_lines_is_bounded(
    before: str, after: str, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, limit in COUNTED_LIMITS.items():
        monkeypatch.setattr(matcher, name, limit)
    if shape == "one paragraph":
        bodies = [f"<p>{text}</p>" for text in (before, after)]
    else:
        tag, size = ("p", 30) if shape == "many paragraphs" else ("td", 3)
        bodies = [
            "".join(f"<{tag}>{text[i : i + size]}</{tag}>" for i in range(0, len(text), size))
            for text in (before, after)
        ]
    sides = [reader.read_rich(body) for body in bodies]
    words = sum(len(block.words) for side in sides for block in side)
    # Each examined pair of words executes a few lines, and each word is read a fixed number of
    # times.
    with LineCount(at_most=6 * matcher.MAX_PAIRS + 60 * words):
        change = renderer.render_change("正文", *sides)
    # Both views must contain the complete text, however it is marked.
    assert "".join(block_texts(change.before)) == "".join(t.text for b in sides[0] for t in b.words)
    assert "".join(block_texts(change.after)) == "".join(t.text for b in sides[1] for t in b.words)


def test_one_changed_character_is_found_in_a_huge_text() -> None:
    text = "".join(chr(0x4E00 + i * i % 2999) for i in range(LONG_TEXT_LENGTH))
    changed = text[: LONG_TEXT_LENGTH // 2] + "囍" + text[LONG_TEXT_LENGTH // 2 + 1 :]
    change = change_of(f"<p>{text}</p>", f"<p>{changed}</p>")
    assert marks(change) == [("del", text[LONG_TEXT_LENGTH // 2]), ("ins", "囍")]
    sentences = "".join(f"第{number}句说的是别的事情。" for number in range(3000))
    twice = sentences.replace("第7句说", "第7句讲").replace("第2990句说", "第2990句讲")
    found = marks(change_of(f"<p>{sentences}</p>", f"<p>{twice}</p>"))
    assert found == [("del", "说"), ("ins", "讲")] * 2


class LineCount:
    """A counter of the executed lines of ``diff`` and ``difflib``, independent of machine speed.

    Raises AssertionError as soon as more than ``at_most`` lines were executed.
    """

    def __init__(self, at_most: int) -> None:
        self.files = {module.__file__ for module in (reader, matcher, renderer)}
        self.files.add(matcher.SequenceMatcher.__init__.__code__.co_filename)
        self.lines = 0
        self.at_most = at_most

    def __enter__(self) -> "LineCount":
        self.before = sys.gettrace()
        sys.settrace(self.trace_call)
        return self

    def __exit__(self, *error: object) -> None:
        sys.settrace(self.before)

    def trace_call(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self.trace_line if frame.f_code.co_filename in self.files else None

    def trace_line(self, frame: FrameType, event: str, argument: Any) -> Any:
        self.lines += event == "line"
        if self.lines > self.at_most:
            raise AssertionError(f"more than {self.at_most} lines")
        return self.trace_line
