"""Hidden content and personal data in documents: what is found, and what a cleaned copy holds."""

from __future__ import annotations

import io
import zipfile

import pypdf
import pytest

from portal.library.hidden_content import process
from portal.library.hidden_content.findings import Kind, Report, UnreadableDocument
from portal.library.hidden_content.office import clean_office_file
from portal.library.hidden_content.pdf import clean_pdf
from portal.library.hidden_content.pictures import clean_picture
from portal.library.hidden_content.program import compare

from .hidden_content_files import (
    SECRET,
    W,
    docx,
    jpeg_with_place,
    package,
    pdf,
    pptx,
    slide,
    xlsx,
)
from .sample_files import encode_image, zip_of


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def paragraph(*runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def cleaned(data: bytes, kind: str) -> tuple[dict[str, int], set[str], bytes]:
    report = Report()
    copy = clean_pdf(data, report) if kind == "pdf" else clean_office_file(data, report)
    if not report.obstacles:
        compare(data, copy, kind, report)
    return dict(report.found), report.obstacles, copy


def content(data: bytes) -> str:
    """Return all parts of an Office file as one text."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "".join(archive.read(n).decode("utf-8", "replace") for n in archive.namelist())


DELETED = f"<w:del w:id='1'><w:r><w:delText>{SECRET}</w:delText></w:r></w:del>"
CORE = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
CORE_PART = (
    f'<c:coreProperties xmlns:c="c" xmlns:d="d"><d:creator>{SECRET}</d:creator>'
    f"<c:lastModifiedBy>{SECRET}</c:lastModifiedBy><d:title>题</d:title></c:coreProperties>"
)
HIDING_STYLES = (
    f"<w:styles {W}><w:style w:type='character' w:styleId='base'><w:rPr><w:vanish/></w:rPr>"
    "</w:style><w:style w:type='character' w:styleId='quiet'><w:basedOn w:val='base'/></w:style>"
    "</w:styles>"
)
WORD = {
    "deletion": (docx(paragraph(run("甲"), DELETED, run("乙"))), {"tracked": 1}),
    "insertion": (docx(paragraph("<w:ins>" + run("甲乙") + "</w:ins>")), {"tracked": 1}),
    "move": (
        docx(
            paragraph(
                "<w:moveFromRangeStart w:id='1'/><w:moveFrom>" + run(SECRET) + "</w:moveFrom>"
            )
            + paragraph("<w:moveTo>" + run("甲乙") + "</w:moveTo>")
        ),
        {"tracked": 3},
    ),
    "format": (
        docx(paragraph(run("甲乙", f"<w:b/><w:rPrChange w:author='{SECRET}'/>"))),
        {"tracked": 1},
    ),
    "deleted paragraph mark": (
        docx(paragraph(run("甲"), properties="<w:rPr><w:del/></w:rPr>") + paragraph(run("乙"))),
        {"tracked": 1},
    ),
    "deleted row": (
        docx(
            f"<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>{paragraph(run(SECRET))}</w:tc></w:tr>"
            f"<w:tr><w:tc>{paragraph(run('甲乙'))}</w:tc></w:tr></w:tbl>"
        ),
        {"tracked": 1},
    ),
    "other prefix": (
        package(
            {
                "a.xml": f"<q:document {W.replace('w=', 'q=')}><q:body><q:p><q:del><q:r><q:delText>"
                f"{SECRET}</q:delText></q:r></q:del><q:r><q:t>甲乙</q:t></q:r></q:p></q:body>"
                "</q:document>"
            },
            {"": [("officeDocument", "a.xml")]},
        ),
        {"tracked": 1},
    ),
    "hidden run": (
        docx(paragraph(run("甲"), run(SECRET, "<w:vanish/>"), run("乙", "<w:vanish w:val='0'/>"))),
        {"hidden_text": 1},
    ),
    "hidden by a style of a style": (
        docx(
            paragraph(run("甲乙"), run(SECRET, "<w:rStyle w:val='quiet'/>")),
            links=[("styles", "looks.xml")],
            word__looks_dot_xml=HIDING_STYLES,
        ),
        {"hidden_text": 1},
    ),
    "header": (
        docx(
            paragraph(run("甲乙")),
            links=[("header", "top.xml")],
            word__top_dot_xml=f"<w:hdr {W}>{paragraph(DELETED)}</w:hdr>",
        ),
        {"tracked": 1},
    ),
    "footnote of a deletion": (
        docx(
            paragraph(run("甲乙"), "<w:del><w:r><w:footnoteReference w:id='2'/></w:r></w:del>"),
            links=[("footnotes", "notes.xml")],
            word__notes_dot_xml=f"<w:footnotes {W}><w:footnote w:id='2'>{paragraph(run(SECRET))}"
            "</w:footnote></w:footnotes>",
        ),
        {"tracked": 1},
    ),
    "comment": (
        docx(
            paragraph(
                "<w:commentRangeStart w:id='1'/>", run("甲乙"), "<w:r><w:commentReference/></w:r>"
            ),
            links=[("comments", "/remarks.xml")],
            remarks_dot_xml=f"<w:comments {W}><w:comment>{paragraph(run(SECRET))}</w:comment>"
            "</w:comments>",
        ),
        {"comments": 1},
    ),
    "properties": (
        docx(paragraph(run("甲乙")), root_links=[(CORE, "meta.xml")], meta_dot_xml=CORE_PART),
        {"author": 1, "last_editor": 1},
    ),
    "custom properties": (
        docx(
            paragraph(run("甲乙")),
            root_links=[("custom-properties", "own.xml"), ("extended-properties", "app.xml")],
            own_dot_xml=f"<Properties><property name='审批人'>{SECRET}</property></Properties>",
            app_dot_xml=f"<Properties><Company>{SECRET}</Company><Manager/></Properties>",
        ),
        {"company": 1, "custom_properties": 1},
    ),
    "picture": (
        docx(paragraph(run("甲乙")), links=[("image", "p.bin")], word__p_dot_bin=jpeg_with_place()),
        {"picture_metadata": 1},
    ),
    "path of a picture": (
        docx(
            paragraph(run("甲乙"))
            + f"<w:p><w:r><w:drawing><i><docPr descr='D:/{SECRET}/1.jpg'/></i></w:drawing>"
            "</w:r></w:p>"
        ),
        {"paths": 1},
    ),
    "path of a linked file": (
        docx(
            paragraph(run("甲乙")),
            links=[("hyperlink", f'file:///D:/{SECRET}/b.doc" TargetMode="External')],
        ),
        {"paths": 1},
    ),
    "file inside": (
        docx(
            paragraph(run("甲乙")),
            links=[("package", "x.xlsx")],
            word__x_dot_xlsx=xlsx([("表", "visible", "<sheetData/>"), (SECRET, "hidden", "")]),
        ),
        {"hidden_sheets": 1},
    ),
}


@pytest.mark.parametrize(("data", "found"), WORD.values(), ids=WORD)
def test_word(data: bytes, found: dict[str, int]) -> None:
    result, obstacles, copy = cleaned(data, "docx")
    assert (result, obstacles) == (found, set())
    assert SECRET not in content(copy)
    assert "".join(c for c in content(copy) if c in "甲乙") == "甲乙"


def cells(*rows: str, columns: str = "", after: str = "") -> str:
    return f"{columns}<sheetData>{''.join(rows)}</sheetData>{after}"


def row(number: int, attributes: str = "", **values: str) -> str:
    inside = "".join(
        f'<c r="{column}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
        for column, value in values.items()
    )
    return f'<row r="{number}" {attributes}>{inside}</row>'


FIRST = row(1, A="甲", B="乙")
INVISIBLE = (
    '<numFmts><numFmt numFmtId="170" formatCode=";;;"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs>'
)
EXCEL = {
    "row": (
        xlsx([("表", "visible", cells(FIRST, row(2, 'hidden="1"', A=SECRET)))]),
        {"hidden_rows": 1},
    ),
    "row without height": (
        xlsx([("表", "visible", cells(FIRST, row(2, 'ht="0" customHeight="1"', A=SECRET)))]),
        {"hidden_rows": 1},
    ),
    "column": (
        xlsx(
            [
                (
                    "表",
                    "visible",
                    cells(
                        row(1, A="甲", B="乙", D=SECRET),
                        columns='<cols><col min="4" max="9" hidden="1"/></cols>',
                    ),
                )
            ]
        ),
        {"hidden_columns": 1},
    ),
    "column without width": (
        xlsx(
            [
                (
                    "表",
                    "visible",
                    cells(
                        row(1, A="甲", B="乙", D=SECRET),
                        columns='<cols><col min="4" max="4" width="0"/></cols>',
                    ),
                )
            ]
        ),
        {"hidden_columns": 1},
    ),
    "sheet": (
        xlsx([("表", "visible", cells(FIRST)), ("二", "hidden", cells(row(1, A=SECRET)))]),
        {"hidden_sheets": 1},
    ),
    "very hidden sheet with names": (
        xlsx(
            [(SECRET, "veryHidden", cells(row(1, A=SECRET))), ("表", "visible", cells(FIRST))],
            extra=f"<definedNames><definedName name='n'>'{SECRET}'!$A$1</definedName>"
            "</definedNames>",
        ),
        {"hidden_sheets": 1},
    ),
    "invisible format": (
        xlsx(
            [
                (
                    "表",
                    "visible",
                    cells(FIRST, f'<row r="2"><c r="A2" s="1" t="str"><v>{SECRET}</v></c></row>'),
                )
            ],
            styles=INVISIBLE,
        ),
        {"hidden_cells": 1},
    ),
    "shared string": (
        xlsx(
            [
                (
                    "表",
                    "visible",
                    cells(FIRST, '<row r="2" hidden="true"><c r="A2" t="s"><v>0</v></c></row>'),
                )
            ],
            strings=[SECRET],
        ),
        {"hidden_rows": 1},
    ),
    "formula": (
        xlsx(
            [
                (
                    "表",
                    "visible",
                    cells(
                        FIRST,
                        '<row r="2" hidden="1"><c r="A2"><v>7</v></c></row>',
                        '<row r="3"><c r="A3"><f>A2*2</f><v>14</v></c></row>',
                    ),
                )
            ],
        ),
        {"hidden_rows": 1},
    ),
    "comment": (
        xlsx(
            [("表", "visible", cells(FIRST))],
            sheet_links=[("comments", "said.xml")],
            book__said_dot_xml=f"<comments><commentList><comment><text>{SECRET}</text></comment></commentList></comments>",
        ),
        {"comments": 1},
    ),
    "path": (
        xlsx([("表", "visible", cells(FIRST))], extra=f'<absPath url="C:\\Users\\{SECRET}\\"/>'),
        {"paths": 1},
    ),
}


@pytest.mark.parametrize(("data", "found"), EXCEL.values(), ids=EXCEL)
def test_excel(data: bytes, found: dict[str, int]) -> None:
    result, obstacles, copy = cleaned(data, "xlsx")
    assert (result, obstacles) == (found, set())
    assert SECRET not in content(copy)
    assert "".join(c for c in content(copy) if c in "甲乙") == "甲乙"
    assert "<f>" not in content(copy)


def test_cells_that_are_hidden_but_shown_by_merging_or_empty_are_no_finding() -> None:
    merged = cells(
        row(1, A="甲"),
        '<row r="9" hidden="1"/>',
        columns='<cols><col min="1" max="1" hidden="1"/><col min="20" max="99" hidden="1"/></cols>',
        after='<mergeCells><mergeCell ref="A1:B1"/></mergeCells>',
    )
    assert cleaned(xlsx([("表", "visible", merged)]), "xlsx")[:2] == ({}, set())


def test_no_copy_of_a_workbook_whose_chart_depends_on_hidden_rows() -> None:
    data = xlsx(
        [("表", "visible", cells(FIRST, row(2, 'hidden="1"', A=SECRET)))],
        sheet_links=[("pivotTable", "pivot.xml")],
        book__pivot_dot_xml="<pivot/>",
    )
    assert cleaned(data, "xlsx")[:2] == ({"hidden_rows": 1}, {"dependent_content"})


SLIDES = {
    "hidden slide": (pptx([slide("甲乙"), slide(SECRET, 'show="0"')]), {"hidden_slides": 1}),
    "false": (pptx([slide("甲乙"), slide(SECRET, 'show="false"')]), {"hidden_slides": 1}),
    "notes": (pptx([slide("甲乙")], notes=SECRET), {"notes": 1}),
    "comment": (pptx([slide("甲乙")], comment=True), {"comments": 1}),
    "hidden shape": (
        pptx([slide("甲乙"), slide(SECRET, properties='hidden="1"')]),
        {"hidden_shapes": 1},
    ),
    "all": (
        pptx([slide("甲乙"), slide(SECRET, 'show="0"')], notes=SECRET, comment=True),
        {"hidden_slides": 1, "notes": 1, "comments": 1},
    ),
}


@pytest.mark.parametrize(("data", "found"), SLIDES.values(), ids=SLIDES)
def test_presentation(data: bytes, found: dict[str, int]) -> None:
    result, obstacles, copy = cleaned(data, "pptx")
    assert (result, obstacles) == (found, set())
    assert SECRET not in content(copy)
    assert "甲乙" in content(copy)


PDFS = {
    "author": (pdf(info={"Author": SECRET, "Title": "题"}), {"author": 1}),
    "own property": (pdf(info={"Company": SECRET}), {"custom_properties": 1}),
    "note": (pdf(annotation="Text"), {"annotations": 1}),
    "marked text": (pdf(annotation="Highlight"), {"annotations": 1}),
    "stamp": (pdf(annotation="Stamp"), {"annotations": 1}),
    "enclosed file": (pdf(enclosed=True), {"embedded": 1}),
    "layer that is off": (pdf(layer=True), {"hidden_layers": 1}),
}


@pytest.mark.parametrize(("data", "found"), PDFS.values(), ids=PDFS)
def test_pdf(data: bytes, found: dict[str, int]) -> None:
    result, obstacles, copy = cleaned(data, "pdf")
    assert (result, obstacles) == (found, set())
    reader = pypdf.PdfReader(io.BytesIO(copy))
    everything = repr([reader.get_object(n) for n in range(1, len(reader.xref[0]) + 1)])
    assert SECRET not in everything + repr(reader.metadata)


NOTHING_HIDDEN = {
    "word": ("docx", docx(paragraph(run("甲乙", "<w:b/>"), properties="<w:jc/>"))),
    "empty properties": (
        "docx",
        docx(
            paragraph(run("甲")),
            root_links=[(CORE, "m.xml")],
            m_dot_xml=CORE_PART.replace(SECRET, ""),
        ),
    ),
    "picture that only says how it is turned": (
        "docx",
        docx(paragraph(run("甲")), links=[("image", "p.jpg")], word__p_dot_jpg=encode_image()),
    ),
    "workbook": ("xlsx", xlsx([("表", "visible", cells(FIRST))])),
    "presentation": ("pptx", pptx([slide("甲")])),
    "pdf with a link": ("pdf", pdf(info={"Title": "题"}, annotation="Link")),
    "pdf with a form": ("pdf", pdf(annotation="Widget")),
}


@pytest.mark.parametrize(("kind", "data"), NOTHING_HIDDEN.values(), ids=NOTHING_HIDDEN)
def test_a_file_with_nothing_hidden_has_no_finding(kind: str, data: bytes) -> None:
    assert cleaned(data, kind)[:2] == ({}, set())


SIGNATURE = CORE.replace("metadata/core-properties", "digital-signature/origin")
NO_COPY = {
    "signed word": (
        "docx",
        docx(paragraph(DELETED), root_links=[(SIGNATURE, "sig.xml")], sig_dot_xml="<x/>"),
        ({"tracked": 1}, {"signed"}),
    ),
    "pdf with a field for a signature": (
        "pdf",
        pdf(info={"Author": SECRET}, signature=True),
        ({"author": 1}, {"signed"}),
    ),
    "encrypted pdf": (
        "pdf",
        pdf(info={"Author": "a"}, password="b"),
        ({"author": 1}, {"encrypted"}),
    ),
    "old office file inside": (
        "docx",
        docx(
            paragraph(run("甲")),
            links=[("oleObject", "o.bin")],
            word__o_dot_bin=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest",
        ),
        ({"embedded": 1}, {"embedded"}),
    ),
}


@pytest.mark.parametrize(("kind", "data", "expected"), NO_COPY.values(), ids=NO_COPY)
def test_some_files_only_get_the_finding(kind: str, data: bytes, expected: tuple) -> None:
    assert cleaned(data, kind)[:2] == expected


UNREADABLE = {
    "no archive": b"PK\x03\x04 damaged",
    "no content types": zip_of({"a": b"b"}),
    "no main part": package({}, {"": [("theme", "t.xml")]}),
    "another main part": package({"a.xml": "<x/>"}, {"": [("officeDocument", "a.xml")]}),
    "not well formed": package({"a.xml": "<x>"}, {"": [("officeDocument", "a.xml")]}),
    "entities": package(
        {"a.xml": '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}, {"": [("officeDocument", "a.xml")]}
    ),
    "too deep": package({"a.xml": "<x>" * 300 + "</x>" * 300}, {"": [("officeDocument", "a.xml")]}),
    "too large a part": package(
        {"a.xml": b"<x>" + b" " * (101 * 1024 * 1024) + b"</x>"},
        {"": [("officeDocument", "a.xml")]},
    ),
}


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_examined_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableDocument):
        clean_office_file(data, Report())


def test_a_process_examines_and_a_failure_is_a_finding() -> None:
    data = WORD["deletion"][0]
    assert process.inspect(data, "docx") == process.Examination({"tracked": 1})
    assert SECRET not in content(process.clean(data, "docx").cleaned)
    assert process.inspect(b"PK", "docx") == process.UNREADABLE
    assert process.inspect(b"%PDF-1.4 %%EOF", "pdf").found == {Kind.UNREADABLE: 1}


def test_a_process_that_exceeds_its_time_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.library.hidden_content.limits.TIMEOUT_SECONDS", 0)
    assert process.inspect(WORD["deletion"][0], "docx") == process.UNREADABLE


def test_a_picture_keeps_its_pixels_and_its_orientation() -> None:
    report = Report()
    copy = clean_picture(jpeg_with_place(), report)
    assert report.found == {Kind.PICTURE_METADATA: 1}
    assert b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06" in copy
    assert clean_picture(copy, again := Report()) == copy
    assert not again.found
