"""Office files and PDFs with hidden content, built from parts."""

from __future__ import annotations

import io
import struct

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from .sample_files import encode_image, zip_of

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
SECRET = "删掉的真名赵钱孙"


def package(
    parts: dict[str, str | bytes], links: dict[str, list[tuple[str, str]]], main_type: str = ""
) -> bytes:
    """Return an Office file; ``links`` maps a part ("" for the file) to (kind, target) pairs.

    The ids of the relationships are r1, r2 and so on. A kind with a colon is a whole type.
    """
    entries: dict[str, bytes] = {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/{links[""][0][1].lstrip("/")}" ContentType="{main_type}"/>'
            "</Types>"
        ).encode()
    }
    for source, targets in links.items():
        folder, _slash, base = source.rpartition("/")
        lines = "".join(
            f'<Relationship Id="r{number}" Type="{kind if ":" in kind else DOCUMENT + kind}" '
            f'Target="{target}"/>'
            for number, (kind, target) in enumerate(targets, start=1)
        )
        name = f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"
        text = f'<Relationships xmlns="{RELATIONSHIPS}">{lines}</Relationships>'
        entries[name] = text.encode()
    for name, data in parts.items():
        entries[name] = data if isinstance(data, bytes) else data.encode()
    return zip_of(entries)


def docx(
    body: str,
    *,
    links: list[tuple[str, str]] = (),  # type: ignore[assignment]
    root_links: list[tuple[str, str]] = (),  # type: ignore[assignment]
    main: str = "word/document2.xml",
    **parts: str | bytes,
) -> bytes:
    """Return a Word file whose main part has an unusual name, as Word Online writes it.

    In the names of ``parts`` ``__`` represents a slash and ``_dot_`` a dot.
    """
    named = {n.replace("__", "/").replace("_dot_", "."): data for n, data in parts.items()}
    return package(
        {main: f"<w:document {W} {R}><w:body>{body}</w:body></w:document>", **named},
        {"": [("officeDocument", f"/{main}"), *root_links], main: list(links)},
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    )


def xlsx(
    sheets: list[tuple[str, str, str]],
    *,
    strings: list[str] = (),  # type: ignore[assignment]
    styles: str = "",
    extra: str = "",
    sheet_links: list[tuple[str, str]] = (),  # type: ignore[assignment]
    **parts: str | bytes,
) -> bytes:
    """Return a workbook; each sheet is (name, state, XML inside its root element)."""
    main, named = (
        "book/main.xml",
        {n.replace("__", "/").replace("_dot_", "."): d for n, d in parts.items()},
    )
    links = [("worksheet", f"s{n}.xml") for n in range(1, len(sheets) + 1)]
    sheet_list = "".join(
        f'<sheet name="{name}" sheetId="{n}" state="{state}" r:id="r{n}"/>'
        for n, (name, state, _xml) in enumerate(sheets, start=1)
    )
    items = "".join(f"<si><t>{each}</t></si>" for each in strings)
    return package(
        {
            main: f"<workbook {X} {R}><sheets>{sheet_list}</sheets>{extra}</workbook>",
            **{
                f"book/s{n}.xml": f"<worksheet {X} {R}>{xml}</worksheet>"
                for n, (_name, _state, xml) in enumerate(sheets, start=1)
            },
            "book/words.xml": f"<sst {X}>{items}</sst>",
            "book/looks.xml": f"<styleSheet {X}>{styles}</styleSheet>",
            **named,
        },
        {
            "": [("officeDocument", main)],
            main: [*links, ("sharedStrings", "words.xml"), ("styles", "looks.xml")],
            "book/s1.xml": list(sheet_links),
        },
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    )


def pptx(slides: list[str], *, notes: str = "", comment: bool = False) -> bytes:
    """Return a presentation; each slide is the XML of its root element's attributes and content."""
    main = "show/deck.xml"
    ids = "".join(f'<p:sldId id="{255 + n}" r:id="r{n}"/>' for n in range(1, len(slides) + 1))
    parts: dict[str, str | bytes] = {
        main: f"<p:presentation {P} {R}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>"
    }
    for number, slide in enumerate(slides, start=1):
        parts[f"show/p{number}.xml"] = slide
    links = {
        "": [("officeDocument", main)],
        main: [("slide", f"p{n}.xml") for n in range(1, len(slides) + 1)],
    }
    own = []
    if notes:
        own.append(("notesSlide", "n.xml"))
        parts["show/n.xml"] = (
            f"<p:notes {P} {A}><p:txBody><a:p><a:r><a:t>{notes}</a:t></a:r></a:p>"
            "</p:txBody></p:notes>"
        )
    if comment:
        own.append(("comments", "c.xml"))
        parts["show/c.xml"] = f"<p:cmLst {P}><p:cm><p:text>{SECRET}</p:text></p:cm></p:cmLst>"
    links["show/p1.xml"] = own
    main_type = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    return package(parts, links, f"{main_type}.main+xml")


def slide(words: str, attributes: str = "", properties: str = "") -> str:
    return (
        f"<p:sld {P} {A} {attributes}><p:cSld><p:spTree><p:sp><p:nvSpPr><p:cNvPr id='1' name='n' "
        f"{properties}/></p:nvSpPr><p:txBody><a:p><a:r><a:t>{words}</a:t></a:r></a:p></p:txBody>"
        "</p:sp></p:spTree></p:cSld></p:sld>"
    )


def jpeg_with_place() -> bytes:
    """Return a JPEG whose EXIF data names a camera and a place."""
    picture = encode_image()
    entries = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) + struct.pack(">HHII", 0x8825, 4, 1, 38)
    gps = struct.pack(">HHHII", 1, 1, 2, 2, 0x4E000000) + b"\0\0\0\0"
    tiff = b"MM\0*\0\0\0\x08\0\x02" + entries + b"\0\0\0\0" + gps
    segment = b"Exif\0\0" + tiff
    return picture[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + picture[2:]


def pdf(
    *,
    info: dict[str, str] | None = None,
    annotation: str = "",
    layer: bool = False,
    signature: bool = False,
    enclosed: bool = False,
    password: str | None = None,
) -> bytes:
    """Return a PDF of one page with what the arguments name."""
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(200, 200)
    writer.metadata = {f"/{key}": value for key, value in (info or {}).items()}
    if annotation:
        values = {"/Type": "/Annot", "/Subtype": f"/{annotation}"}
        node = DictionaryObject({NameObject(k): NameObject(v) for k, v in values.items()})
        node[NameObject("/Contents")] = TextStringObject(SECRET)
        page[NameObject("/Annots")] = ArrayObject([writer._add_object(node)])
    root = writer.root_object
    if layer:
        group = writer._add_object(
            DictionaryObject(
                {
                    NameObject("/Type"): NameObject("/OCG"),
                    NameObject("/Name"): TextStringObject("层"),
                }
            )
        )
        config = DictionaryObject({NameObject("/OFF"): ArrayObject([group])})
        root[NameObject("/OCProperties")] = DictionaryObject(
            {NameObject("/OCGs"): ArrayObject([group]), NameObject("/D"): config}
        )
    if signature:
        field = DictionaryObject(
            {NameObject("/FT"): NameObject("/Sig"), NameObject("/T"): TextStringObject("章")}
        )
        fields = ArrayObject([writer._add_object(field)])
        root[NameObject("/AcroForm")] = DictionaryObject({NameObject("/Fields"): fields})
    if enclosed:
        writer.add_attachment("a.txt", SECRET.encode())
    if password is not None:
        writer.encrypt("", password, algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()
