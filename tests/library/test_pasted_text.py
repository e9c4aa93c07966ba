"""Tests of what a pasted text contains but its author does not see, and of automatic numbers."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from portal.library import richtext
from portal.library.cleaning import clean_with_report
from portal.library.cleaning.report import Kind

OFFICE = '<html xmlns:o="urn:schemas-microsoft-com:office:office">'
HIDDEN_CLASS = "<style>.xl70 {color:red; display:none;} p.x, span.y {mso-hide:all}</style>"

UNSEEN = {
    "display": ('<p>a<span style="display:none">b</span>c</p>', "<p>ac</p>", Kind.HIDDEN),
    "display in capitals": (
        '<p>a<span style="DISPLAY : None !important">b</span></p>',
        "<p>a</p>",
        Kind.HIDDEN,
    ),
    "hidden text of Word": (
        "<p>a<span style='display:none;mso-hide:all'>b</span></p>",
        "<p>a</p>",
        Kind.HIDDEN,
    ),
    "mso-hide alone": ("<p>a<span style='mso-hide:all'>b</span></p>", "<p>a</p>", Kind.HIDDEN),
    "visibility": (
        '<p>a<span style="visibility:hidden">b<b style="visibility:visible">c</b></span></p>',
        "<p>a<strong>c</strong></p>",
        Kind.HIDDEN,
    ),
    "no size": (
        '<div style="font-size:0"><p>b</p><p style="font-size:14px">a</p></div>',
        "<p>a</p>",
        Kind.HIDDEN,
    ),
    "no colour": (
        '<p>a<span style="color:rgba(0,0,0,0)">b</span><i style="color:rgb(0, 0, 0)">c</i></p>',
        "<p>a<em>c</em></p>",
        Kind.HIDDEN,
    ),
    "no opacity": ('<p style="opacity:0.0">b</p><p>a</p>', "<p>a</p>", Kind.HIDDEN),
    "no height": ('<p style="height:0;overflow:hidden">b</p><p>a</p>', "<p>a</p>", Kind.HIDDEN),
    "off the screen": (
        '<p style="position:absolute;left:-9999px">b</p><p>a</p>',
        "<p>a</p>",
        Kind.HIDDEN,
    ),
    "hidden attribute": ("<p hidden>b</p><p>a</p>", "<p>a</p>", Kind.HIDDEN),
    "style sheet": (f"{HIDDEN_CLASS}<p class=xl70>b</p><p>a</p>", "<p>a</p>", Kind.HIDDEN),
    "style sheet, tag and class": (
        f"{HIDDEN_CLASS}<p class=y>a</p><p class=x>b</p>",
        "<p>a</p>",
        Kind.HIDDEN,
    ),
    "deleted": ("<p>a<del>b</del><ins>c</ins></p>", "<p>ac</p>", Kind.DELETED),
    "deleted in Word": (
        "<p>a<span class=msoDel>b</span><span class=msoIns>c</span></p>",
        "<p>ac</p>",
        Kind.DELETED,
    ),
    "struck out in Word": (f"{OFFICE}<p>a<s>b</s></p>", "<p>a</p>", Kind.DELETED),
    "struck out by style in Word": (
        f"{OFFICE}<p>a<span style='text-decoration:line-through'>b</span></p>",
        "<p>a</p>",
        Kind.DELETED,
    ),
    "moved from": ("<p>a<w:moveFrom>b</w:moveFrom></p>", "<p>a</p>", Kind.DELETED),
    "deletion of an online editor": (
        '<p>a<span class="track-change-delete">b</span></p>',
        "<p>a</p>",
        Kind.DELETED,
    ),
    "comment": (
        "<p>a<a class=msocomanchor href='#_msocom_1'>b</a></p>"
        "<div style='mso-element:comment-list'><div style='mso-element:comment'>b</div></div>",
        "<p>a</p>",
        Kind.COMMENT,
    ),
    "deep": ("<div>" * 80 + "a<del>b</del>" + "</div>" * 80, "<p>a</p>", Kind.DELETED),
}


@pytest.mark.parametrize(("pasted", "stored", "kind"), UNSEEN.values(), ids=UNSEEN)
def test_content_that_is_not_seen_is_taken_out_and_reported(
    pasted: str, stored: str, kind: Kind
) -> None:
    cleaned, report = clean_with_report(pasted)
    assert cleaned == stored
    assert set(report.counts) == {kind}
    assert set("".join(report.examples[kind])) == {"b"}
    assert clean_with_report(cleaned)[1].counts == {}


@pytest.mark.parametrize(
    "pasted",
    [
        "<p>a<s>b</s></p>",
        "<p style='text-indent:-126.0pt;margin-left:126pt'>b</p>",
        '<p><span style="color:rgb(0,0,0)">b</span></p>',
        '<section style="font-size:0"><section style="font-size:1px">b</section></section>',
        "<p style='height:0'>b</p>",
        '<p><span style="display:none"> </span>b</p>',
    ],
)
def test_content_that_is_seen_stays_and_nothing_is_reported(pasted: str) -> None:
    cleaned, report = clean_with_report(pasted)
    assert "b" in cleaned
    assert report.counts == {}


def test_text_nested_too_deep_keeps_nothing_that_may_be_hidden() -> None:
    cleaned, report = clean_with_report("<b>" * 600 + "a<del>b</del>")
    assert (cleaned, set(report.counts)) == ("", {Kind.HIDDEN})


TABLES = {
    "a column that its cells do not mark": (
        "<table><col><col style='display:none'><col><tr><td>1<td>x<td>3</table>",
        "<tr><td>1</td><td>3</td></tr>",
    ),
    "a column without width": (
        "<table><colgroup><col width=72><col width=0></colgroup><tr><td>1<td>x</table>",
        "<tr><td>1</td></tr>",
    ),
    "columns of a span": (
        "<table><col><col span=2 style='display:none'><tr><td>1<td>x<td>x</table>",
        "<tr><td>1</td></tr>",
    ),
    "a row without height": (
        "<table><tr height=0><td>x</tr><tr><td>1</table>",
        "<tr><td>1</td></tr>",
    ),
    "a collapsed row": (
        "<table><tr style='visibility:collapse'><td>x</tr><tr><td>1</table>",
        "<tr><td>1</td></tr>",
    ),
    "a hidden part": (
        "<table><tbody hidden><tr><td>x</tbody><tbody><tr><td>1</tbody></table>",
        "<tr><td>1</td></tr>",
    ),
    "a merged cell over a hidden column": (
        "<table><col><col style='display:none'><tr><td colspan=2>1<tr><td>2<td>x</table>",
        "<tr><td>1</td></tr><tr><td>2</td></tr>",
    ),
    "a merged cell over a hidden row": (
        "<table><tr><td rowspan=3>1<td>2<tr hidden><td>x<tr><td>3</table>",
        '<tr><td rowspan="2">1</td><td>2</td></tr><tr><td>3</td></tr>',
    ),
    "a merged cell that begins in a hidden row": (
        "<table><tr hidden><td rowspan=2>x<td>x<tr><td>3</table>",
        "<tr><td></td><td>3</td></tr>",
    ),
    "rows without their table": ("<tr><td hidden>x</td><td>1</td></tr>", "<tr><td>1</td></tr>"),
}


@pytest.mark.parametrize(("pasted", "rows"), TABLES.values(), ids=TABLES)
def test_hidden_rows_and_columns_are_taken_out_and_reported(pasted: str, rows: str) -> None:
    cleaned, report = clean_with_report(pasted)
    assert cleaned == f"<table><tbody>{rows}</tbody></table>"
    assert set(report.counts) == {Kind.HIDDEN}


def item(marker: str, text: str, *, level: int = 1, font: str = "等线") -> str:
    return (
        f"<p class=MsoListParagraph style='margin-left:22pt;mso-list:l0 level{level} lfo1'>"
        f"<![if !supportLists]><span style='font-family:{font}'><span style='mso-list:Ignore'>"
        f"{marker}<span>&nbsp; </span></span></span><![endif]><span>{text}</span></p>"
    )


def wps_item(marker: str, text: str) -> str:
    number = f"<span style='mso-list:Ignore;'>{marker}</span>"
    return f"<p style='mso-list:l1 level1 lfo2;'>{number}{text}</p>"


LISTS = {
    "numbers of an official document": (
        item("一、", "总体要求", font="黑体")
        + "<p>正文。</p>"
        + item("（一）", "主要目标", level=2, font="楷体")
        + item("1.", "坚持依法。", level=3),
        "<h2>一、总体要求</h2>\n<p>正文。</p>\n<h3>（一）主要目标</h3>\n"
        '<p class="indent-1">1.坚持依法。</p>',
    ),
    "a sentence is no heading": (
        item("一、", "坚持依法。", font="黑体"),
        '<p class="indent-1">一、坚持依法。</p>',
    ),
    "articles": (wps_item("第一条", "总则"), "<p>第一条总则</p>"),
    "numbers in circles": (wps_item("①", "甲"), "<p>①甲</p>"),
    "bullets of Wingdings": (
        item("l", "甲", font="Wingdings") + item("n", "乙", level=2, font="Wingdings"),
        "<ul><li>甲<ul><li>乙</li></ul></li></ul>",
    ),
    "bullets of Symbol": (item("Ø", "甲", font="Symbol"), "<ul><li>甲</li></ul>"),
    "the bullet o of Courier": (item("o", "甲", font='"Courier New"'), "<ul><li>甲</li></ul>"),
    "bullets by the list's definition": (
        "<style>@list l1:level1 {mso-level-number-format:bullet;}</style>" + wps_item("u", "甲"),
        "<ul><li>甲</li></ul>",
    ),
    "bullets of WPS": (
        wps_item("\uf06c", "甲") + wps_item("●", "乙"),
        "<ul><li>甲</li><li>乙</li></ul>",
    ),
    "plain numbers": (
        wps_item("3.", "甲") + wps_item("4.", "乙"),
        '<ol start="3"><li>甲</li><li>乙</li></ol>',
    ),
}


@pytest.mark.parametrize(("pasted", "stored"), LISTS.values(), ids=LISTS)
def test_automatic_numbers_stay_and_bullets_become_a_list(pasted: str, stored: str) -> None:
    assert richtext.clean(pasted) == stored
    assert richtext.clean(stored) == stored


LINKS = {
    "tel:0455-1234567": "tel:0455-1234567",
    "tel：0455-1234567": "tel:0455-1234567",
    "www.court.gov.cn/a": "http://www.court.gov.cn/a",
    "ｗｗｗ．court.gov.cn": "http://www.court.gov.cn",
    "http：//court.gov.cn/a": "http://court.gov.cn/a",
    "https：／／court。gov.cn／a": "https://court.gov.cn/a",
    "mailto：a@court.gov.cn": "mailto:a@court.gov.cn",
    "#附件": "#附件",
    "http：//court.gov.cn@evil.cn/": None,
    "www.court.gov.cn@evil.cn": None,
    "javascript：alert(1)": None,
    "tel:javascript": None,
}


@pytest.mark.parametrize(("href", "stored"), LINKS.items())
def test_links_that_are_plainly_meant_are_kept(href: str, stored: str | None) -> None:
    cleaned, report = clean_with_report(f'<p><a href="{href}">a</a></p>')
    rel = ' rel="noopener"' if stored and stored.startswith("http") else ""
    assert cleaned == (f'<p><a href="{stored}"{rel}>a</a></p>' if stored else "<p>a</p>")
    kind = Kind.LINK_COMPLETED if stored else Kind.LINK_REMOVED
    assert set(report.counts) == (set() if stored == href else {kind})


@pytest.mark.parametrize(
    "target", ['<a name="fj"></a>附件', '<a id="fj">附件</a>', '<b id="fj">附件</b>']
)
def test_anchor_of_a_link_is_kept(target: str) -> None:
    cleaned = richtext.clean(f'<p><a href="#fj">a</a></p><p id="other">{target}</p>')
    assert cleaned.startswith('<p><a href="#fj">a</a></p>')
    assert '<span id="fj">附件</span>' in cleaned
    assert "other" not in cleaned
    assert richtext.clean(cleaned) == cleaned


def test_what_cannot_be_stored_is_reported() -> None:
    pixel = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
    html = (
        f'<p>a<img src="https://x.cn/b.png"><img src="{pixel}"></p><iframe src="/x"></iframe>'
        "<video></video>"
    )
    cleaned, report = clean_with_report(html)
    assert cleaned == "<p>a</p>"
    assert report.counts == {Kind.PICTURE: 1, Kind.EMBEDDED: 2}
    with override("en"):
        assert report.sentences() == [
            "Pictures that are not in the library left out: 1. Insert them from the library (x.cn)",
            "Videos, sounds and embedded pages taken out: 2",
        ]
