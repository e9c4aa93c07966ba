"""Hidden layers of PDF files: how programs write them, what a copy keeps, when there is none."""

from __future__ import annotations

import io

import pypdf
import pytest

from portal.library.hidden_content.findings import Report
from portal.library.hidden_content.pdf import clean_pdf
from portal.library.hidden_content.program import compare

SECRET = "Zhaoqian"
ON, OFF = 20, 21
#: The layers: 20 is on, 21 is off; conditions: 22 and 23 are hidden, 24 and 25 visible.
LAYERS = {
    ON: "<</Type/OCG/Name(open)>>",
    OFF: f"<</Type/OCG/Name({SECRET})>>",
    22: f"<</Type/OCMD/OCGs[{ON} 0 R {OFF} 0 R]/P/AllOn>>",
    23: f"<</Type/OCMD/OCGs {OFF} 0 R>>",
    24: f"<</Type/OCMD/OCGs {ON} 0 R>>",
    25: f"<</Type/OCMD/OCGs[{ON} 0 R {OFF} 0 R]/P/AnyOn>>",
    26: f"<</Type/OCMD/OCGs[{ON} 0 R]/P/AllOff>>",
    27: f"<</Type/OCMD/OCGs {ON} 0 R/VE[/Not {OFF} 0 R]>>",
}
CONFIG = f"/D<</OFF[{OFF} 0 R]/Order[{ON} 0 R [({SECRET}) {OFF} 0 R]]>>"
FONTS = "/F1 10 0 R/F2 11 0 R"
TEXT = "BT /F1 12 Tf 20 150 Td (visible) Tj ET "


def words(text: str = SECRET, font: str = "F2", place: str = "20 100") -> str:
    return f"BT /{font} 12 Tf {place} Td ({text}) Tj ET "


def hidden(inside: str, name: str = "off") -> str:
    return f"/OC /{name} BDC {inside} EMC "


def pdf(
    content: str | list[str],
    *,
    config: str = CONFIG,
    properties: str = f"/on {ON} 0 R/off {OFF} 0 R",
    resources: str = "",
    page: str = "",
    catalog: str = "",
    objects: dict[int, str] | None = None,
    layer: str = "",
    inherited: bool = False,
) -> bytes:
    """Return a PDF with a page for each content stream.

    ``layer`` replaces the hidden layer's object. Objects from 40 on are streams: "DICT|DATA".
    """
    contents = [content] if isinstance(content, str) else content
    shared = f"/Resources<</Font<<{FONTS}>>/Properties<<{properties}>>{resources}>>"
    kids = " ".join(f"{100 + 2 * n} 0 R" for n in range(len(contents)))
    table = {
        1: f"<</Type/Catalog/Pages 2 0 R/OCProperties<</OCGs[{ON} 0 R {OFF} 0 R]{config}>>"
        f"{catalog}>>",
        2: f"<</Type/Pages/Count {len(contents)}/Kids[{kids}]{shared if inherited else ''}>>",
        10: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        11: f"<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding/Of({SECRET})>>",
        **LAYERS,
        **(objects or {}),
    }
    if layer:
        table[OFF] = layer
    for number, each in enumerate(contents):
        own = "" if inherited else shared
        table[100 + 2 * number] = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents {101 + 2 * number} 0 R"
            f"{own}{page}>>"
        )
        table[101 + 2 * number] = f"|{each}"
    return file_of(table)


def file_of(table: dict[int, str]) -> bytes:
    """Return a PDF of these objects; one with a bar is a stream: "DICT|DATA"."""
    data, places = io.BytesIO(b"%PDF-1.7\n"), {}
    data.seek(0, io.SEEK_END)
    for number, text in table.items():
        if "|" in text:
            head, _bar, body = text.partition("|")
            text = f"<<{head}/Length {len(body)}>>stream\n{body}\nendstream"
        places[number] = data.tell()
        data.write(f"{number} 0 obj{text}endobj\n".encode())
    start = data.tell()
    data.write(b"xref\n0 1\n0000000000 65535 f \n")
    for number, place in places.items():
        data.write(b"%d 1\n%010d 00000 n \n" % (number, place))
    data.write(b"trailer<</Root 1 0 R/Size 200>>\nstartxref\n%d\n%%%%EOF\n" % start)
    return data.getvalue()


def cleaned(data: bytes) -> tuple[dict[str, int], set[str], bytes]:
    report = Report()
    copy = clean_pdf(data, report)
    if not report.obstacles:
        compare(data, copy, "pdf", report)
    return dict(report.found), report.obstacles, copy


def everything(copy: bytes) -> str:
    """Return all objects of a PDF as text, with the content of streams."""
    reader = pypdf.PdfReader(io.BytesIO(copy))
    pieces = []
    for number in range(1, len(reader.xref[0]) + 1):
        found = reader.get_object(number)
        pieces.append(repr(found))
        if hasattr(found, "get_data"):
            pieces.append(found.get_data().decode("latin-1"))
    return "\n".join(pieces)


FORM = "/Type/XObject/Subtype/Form/BBox[0 0 200 200]"
FORM_FONTS = f"/Resources<</Font<<{FONTS}>>/Properties<</off {OFF} 0 R>>>>"
PICTURE = "/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray"
NESTED = f"<</Font<<{FONTS}>>/XObject<</In 41 0 R>>>>"
REMOVED = {
    "between marks": pdf(TEXT + hidden(words())),
    "before and around visible text": pdf(hidden(words()) + TEXT + hidden(words(place="9 9"))),
    "inside a text object": pdf(
        f"BT /F1 12 Tf 20 150 Td (visible) Tj {hidden(f'/F2 9 Tf ({SECRET}) Tj')} ET"
    ),
    "with marks inside": pdf(
        TEXT + hidden(f"/Span <</ActualText({SECRET})>> BDC {words()} EMC /P BMC EMC {words()}")
    ),
    "visible layer inside": pdf(TEXT + hidden(words() + hidden(words(), "on"))),
    "inside a visible layer": pdf(hidden(TEXT + hidden(words()), "on")),
    "colour that later content keeps": pdf(
        hidden(f"1 0 0 rg 2 w {words()}") + TEXT + "20 20 50 50 re f"
    ),
    "position that later content keeps": pdf(
        "q " + hidden(f"1 0 0 1 30 0 cm {words()}") + TEXT + "Q"
    ),
    "lines, shading, pictures in the text": pdf(
        TEXT
        + hidden(
            "q 0 0 1 RG 5 5 m 99 99 l S 20 20 30 30 re W n /F2 9 Tf Q "
            f"BI /W 1 /H 1 /BPC 8 /CS /G ID x EI {words()}"
        )
    ),
    "text with spacing": pdf(
        TEXT
        + hidden(f"BT /F2 9 Tf 9 TL 20 90 Td ({SECRET}) ' 1 2 ({SECRET}) \" [({SECRET})] TJ ET")
    ),
    "condition on all": pdf(TEXT + hidden(words()), properties="/off 22 0 R"),
    "condition on one": pdf(TEXT + hidden(words()), properties="/off 23 0 R"),
    "condition on a layer that is on": pdf(
        TEXT + hidden(words()), properties="/off 26 0 R", config="/D<<>>", layer="<</Type/OCG>>"
    ),
    "form": pdf(
        TEXT + "/Fm Do",
        resources="/XObject<</Fm 40 0 R>>",
        objects={40: f"{FORM}{FORM_FONTS}/OC {OFF} 0 R|{words()}"},
    ),
    "form by a condition": pdf(
        TEXT + "/Fm Do",
        resources="/XObject<</Fm 40 0 R>>",
        objects={40: f"{FORM}{FORM_FONTS}/OC 23 0 R|{words()}"},
    ),
    "form that only hidden content draws": pdf(
        TEXT + hidden("/Fm Do"),
        resources="/XObject<</Fm 40 0 R>>",
        objects={40: f"{FORM}{FORM_FONTS}|{words()}"},
    ),
    "inside a form": pdf(
        "/Fm Do",
        resources="/XObject<</Fm 40 0 R>>",
        objects={40: f"{FORM}{FORM_FONTS}|{TEXT}{hidden(words())}"},
    ),
    "form inside a form": pdf(
        "/Fm Do",
        resources="/XObject<</Fm 40 0 R>>",
        objects={
            40: f"{FORM}/Resources{NESTED}|{TEXT}/In Do",
            41: f"{FORM}{FORM_FONTS}/OC {OFF} 0 R|{words()}",
        },
    ),
    "picture": pdf(
        TEXT + "q 50 0 0 50 9 9 cm /Im Do Q",
        resources="/XObject<</Im 40 0 R>>",
        objects={40: f"{PICTURE}/Of({SECRET})/OC {OFF} 0 R|x"},
    ),
    "second page": pdf([TEXT, TEXT + hidden(words())]),
    "resources of all pages": pdf([TEXT, TEXT + hidden(words())], inherited=True),
    "all layers are off but one": pdf(
        TEXT + hidden(words()), config=f"/D<</BaseState/OFF/ON[{ON} 0 R]>>"
    ),
    "link in a layer": pdf(
        TEXT,
        page="/Annots[40 0 R]",
        objects={
            40: f"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/OC {OFF} 0 R"
            f"/A<</S/URI/URI(http://{SECRET})>>>>"
        },
    ),
    "copy of the drawing program": pdf(
        TEXT + hidden(words()), page=f"/PieceInfo<</Tool<</Private({SECRET})>>>>"
    ),
    "tags without words": pdf(
        TEXT + hidden(f"/P <</MCID 1>> BDC {words()} EMC"),
        catalog="/StructTreeRoot<</K 40 0 R>>",
        objects={40: "<</Type/StructElem/S/P/P 1 0 R/K 1>>"},
    ),
}


@pytest.mark.parametrize("data", REMOVED.values(), ids=REMOVED)
def test_hidden_layers_are_removed_and_the_rest_looks_the_same(data: bytes) -> None:
    assert SECRET in everything(data)
    found, obstacles, copy = cleaned(data)
    assert (found, obstacles) == ({"hidden_layers": 1}, set())
    assert SECRET not in everything(copy)
    assert all("visible" in p.extract_text() for p in pypdf.PdfReader(io.BytesIO(copy)).pages)


def test_the_other_layers_stay() -> None:
    data = pdf(hidden(TEXT, "on") + hidden(words()))
    root = pypdf.PdfReader(io.BytesIO(cleaned(data)[2])).trailer["/Root"]
    layers = root["/OCProperties"]
    assert [each["/Name"] for each in (e.get_object() for e in layers["/OCGs"])] == ["open"]
    assert len(layers["/D"]["/Order"]) == 1
    assert "/OC /on BDC" in everything(cleaned(data)[2])


VISIBLE = {
    "all on": pdf(TEXT + hidden("", "on"), config="/D<<>>"),
    "off by a condition that is not met": pdf(
        TEXT, properties="/on 24 0 R", config="/D<</BaseState/ON/OFF[]>>"
    ),
}


@pytest.mark.parametrize("data", VISIBLE.values(), ids=VISIBLE)
def test_layers_that_are_on_are_no_finding(data: bytes) -> None:
    assert cleaned(data)[:2] == ({}, set())


AGREED = "<</Type/OCG/Name(x)/Usage<<{}>>>>"
UNCERTAIN = {
    "mark without end": pdf(TEXT + f"/OC /off BDC {words()}"),
    "end without mark": pdf(TEXT + hidden(words()) + "EMC"),
    "restores what began before": pdf("q " + hidden(f"{words()} Q") + TEXT),
    "saves what ends later": pdf(hidden(f"q {words()}") + f"Q {TEXT}"),
    "clipping that goes on": pdf("q " + hidden(f"0 0 99 99 re W n {words()}") + TEXT + " Q"),
    "unknown operator": pdf(TEXT + hidden("1 2 foo")),
    "dictionary in place of a name": pdf(TEXT + f"/OC <</Type/OCG>> BDC {words()} EMC"),
    "words for what encloses it": pdf(
        f"/Span <</ActualText({SECRET})>> BDC {TEXT}{hidden(words())} EMC"
    ),
    "words in the tree of tags": pdf(
        TEXT + hidden(f"/P <</MCID 1>> BDC {words()} EMC"),
        catalog="/StructTreeRoot<</K 40 0 R>>",
        objects={40: f"<</Type/StructElem/S/P/P 1 0 R/K 1/ActualText({SECRET})>>"},
    ),
    "visible because the layer is off": pdf(TEXT + hidden(words(), "x"), properties="/x 27 0 R"),
    "states that contradict each other": pdf(TEXT, layer=AGREED.format("/View<</ViewState/ON>>")),
    "printed, but not on the screen": pdf(TEXT, layer=AGREED.format("/Print<</PrintState/ON>>")),
    "depends on the scale": pdf(TEXT, layer=AGREED.format("/Zoom<</min 2>>")),
    "intent of a drawing": pdf(TEXT, layer="<</Type/OCG/Name(x)/Intent/Design>>"),
    "form that borrows the resources of the page": pdf(
        "/Fm Do", resources="/XObject<</Fm 40 0 R>>", objects={40: f"{FORM}|{hidden(words())}"}
    ),
    "pattern": pdf(
        TEXT,
        resources="/Pattern<</P1 40 0 R>>",
        objects={
            40: "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 9/YStep 9"
            f"{FORM_FONTS}|{hidden(words())}"
        },
    ),
    "form field": pdf(
        TEXT,
        page="/Annots[40 0 R]",
        objects={40: f"<</Type/Annot/Subtype/Widget/Rect[0 0 9 9]/OC {OFF} 0 R>>"},
    ),
}


@pytest.mark.parametrize("data", UNCERTAIN.values(), ids=UNCERTAIN)
def test_no_copy_where_it_is_not_certain(data: bytes) -> None:
    assert cleaned(data)[:2] in (
        ({"hidden_layers": 1}, {"dependent_content"}),
        ({"hidden_layers": 2}, {"dependent_content"}),
    )


def test_no_copy_if_a_button_can_show_the_layer() -> None:
    data = pdf(
        TEXT + hidden(words()),
        page="/Annots[40 0 R]",
        objects={
            40: "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]"
            f"/A<</S/SetOCGState/State[/Toggle {OFF} 0 R]>>>>"
        },
    )
    assert cleaned(data)[:2] == ({"hidden_layers": 1}, {"still_found"})


def test_a_signed_document_is_not_rewritten() -> None:
    data = pdf(
        TEXT + hidden(words()),
        catalog="/AcroForm<</SigFlags 3/Fields[40 0 R]>>",
        objects={40: "<</FT/Sig/T(a)/Subtype/Widget/Rect[0 0 0 0]>>"},
    )
    assert cleaned(data)[:2] == ({"hidden_layers": 1}, {"signed"})


def test_a_copy_that_looks_different_is_refused() -> None:
    report = Report()
    report.found["hidden_layers"] = 1
    compare(pdf(TEXT + words("more")), pdf(TEXT, config="", layer="<<>>"), "pdf", report)
    assert "text_differs" in report.obstacles
