"""The search finds only words of a document that its readers see."""

import pytest

from portal.search import extract_text
from tests.library.hidden_content_files import (
    SECRET,
    A,
    P,
    R,
    docx,
    package,
    pptx,
    slide,
)

BEFORE, AFTER = "<w:p><w:r><w:t>甲</w:t></w:r>", "<w:r><w:t>乙</w:t></w:r></w:p>"


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("<w:ins><w:r><w:t>插</w:t></w:r></w:ins>", "插"),
        ("<w:del><w:r><w:delText>删</w:delText></w:r></w:del>", ""),
        ("<w:del><w:r><w:t>删</w:t></w:r></w:del>", ""),
        ("<w:moveFrom><w:r><w:t>移</w:t></w:r></w:moveFrom>", ""),
        ("<w:moveTo><w:r><w:t>移</w:t></w:r></w:moveTo>", "移"),
        ("<w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r>", ""),
        ('<w:r><w:rPr><w:vanish w:val="true"/></w:rPr><w:t>藏</w:t></w:r>', ""),
        ('<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>显</w:t></w:r>', "显"),
        ('<w:r><w:rPr><w:vanish w:val="false"/></w:rPr><w:t>显</w:t></w:r>', "显"),
        ("<w:moveFrom><w:ins><w:r><w:t>移</w:t></w:r></w:ins></w:moveFrom>", ""),
    ],
)
def test_hidden_and_removed_text_is_left_out(inside: str, found: str) -> None:
    words = "".join(extract_text.docx(docx(BEFORE + inside + AFTER))).strip()
    assert words == f"甲{found}乙"


def test_a_hidden_paragraph_mark_hides_no_words() -> None:
    mark = "<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr>"
    words = "".join(extract_text.docx(docx(BEFORE.replace("<w:p>", mark) + AFTER))).strip()
    assert words == "甲乙"


def shape(words: str, properties: str = "") -> str:
    return (
        f"<p:sp><p:nvSpPr><p:cNvPr id='2' name='n' {properties}/></p:nvSpPr><p:txBody><a:p><a:r>"
        f"<a:t>{words}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


@pytest.mark.parametrize(
    ("slides", "found"),
    [
        ([slide("甲"), slide("乙")], "甲乙"),
        ([slide("甲"), slide(SECRET, 'show="0"'), slide("乙")], "甲乙"),
        ([slide(SECRET, "show='false'"), slide("甲")], "甲"),
        ([slide("甲", 'show="1"')], "甲"),
        ([slide(SECRET, properties='hidden="1"'), slide("甲", properties='hidden="0"')], "甲"),
        ([slide("甲").replace("<p:sp>", shape(SECRET, "hidden='true'") + "<p:sp>", 1)], "甲"),
        ([slide("甲").replace("<p:sp>", f"<p:grpSp>{shape('乙')}</p:grpSp><p:sp>", 1)], "乙甲"),
        (
            [slide("甲").replace("</a:p>", "<a:fld type='slidenum'><a:t>7</a:t></a:fld></a:p>")],
            "甲",
        ),
        (
            [
                slide("甲").replace(
                    "<p:sp>",
                    f"<m:Alt xmlns:m='m'><m:Choice>{shape('乙')}</m:Choice>"
                    f"<m:Fallback>{shape('乙')}</m:Fallback></m:Alt><p:sp>",
                    1,
                )
            ],
            "乙甲",
        ),
    ],
)
def test_the_words_of_visible_slides_are_found(slides: list[str], found: str) -> None:
    data = pptx(slides, notes=SECRET, comment=True)
    assert "".join("".join(extract_text.pptx(data)).split()) == found


def test_slides_are_read_in_the_order_of_the_presentation_with_their_diagrams() -> None:
    data = package(
        {
            "ppt/presentation2.xml": f"<p:presentation {P} {R}><p:sldIdLst><p:sldId id='300' "
            "r:id='r2'/><p:sldId id='256' r:id='r1'/></p:sldIdLst></p:presentation>",
            "ppt/slides/slide1.xml": slide("乙"),
            "ppt/slides/slide10.xml": slide("甲"),
            "ppt/slides/slide2.xml": slide(SECRET),  # not in the list: no reader sees it
            "ppt/diagrams/data1.xml": f"<m {A}><a:p><a:r><a:t>图</a:t></a:r></a:p></m>",
        },
        {
            "": [("officeDocument", "ppt/presentation2.xml")],
            "ppt/presentation2.xml": [
                ("slide", "slides/slide1.xml"),
                ("slide", "/ppt/slides/slide10.xml"),
                ("slide", "slides/slide2.xml"),
            ],
            "ppt/slides/slide10.xml": [("diagramData", "../diagrams/data1.xml")],
        },
    )
    assert "".join("".join(extract_text.pptx(data)).split()) == "甲图乙"
