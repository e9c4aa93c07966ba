"""Generated PDF, Word and Excel files with extractable Chinese text."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

from tests.library.sample_files import make_office_file

_TO_UNICODE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
1 beginbfrange <0000> <FFFF> <0000> endbfrange
endcmap CMapName currentdict /CMap defineresource pop end end"""


def pdf(pages: Sequence[str]) -> bytes:
    """Return a PDF with these texts of its pages.

    Its font maps each two-byte code to the Unicode character with the same number.
    """
    font, kids = 3, [6 + 2 * number for number in range(len(pages))]
    objects: dict[int, bytes] = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Count %d/Kids[%s]>>"
        % (len(pages), b" ".join(b"%d 0 R" % kid for kid in kids)),
        font: b"<</Type/Font/Subtype/Type0/BaseFont/Plain/Encoding/Identity-H"
        b"/DescendantFonts[4 0 R]/ToUnicode 5 0 R>>",
        4: b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Plain/DW 1000/CIDSystemInfo"
        b"<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>",
        5: _stream(_TO_UNICODE),
    }
    for kid, words in zip(kids, pages, strict=True):
        objects[kid] = (
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9000 200]/Contents %d 0 R"
            b"/Resources<</Font<</F %d 0 R>>>>>>" % (kid + 1, font)
        )
        lines = (line.encode("utf-16-be").hex().encode() for line in words.split("\n"))
        text_commands = b"".join(b"<%s> Tj 0 -16 Td " % line for line in lines)
        objects[kid + 1] = _stream(b"BT /F 12 Tf 10 180 Td %s ET" % text_commands)
    data = io.BytesIO()
    data.write(b"%PDF-1.4\n")
    places = []
    for number in sorted(objects):
        places.append(data.tell())
        data.write(b"%d 0 obj\n%s\nendobj\n" % (number, objects[number]))
    table = data.tell()
    data.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    data.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    data.write(
        b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    )
    return data.getvalue()


def docx(paragraphs: Sequence[str], *, before: str = "") -> bytes:
    """Return a Word file whose paragraphs each have two runs, as Word often stores them.

    ``before`` is inserted before the root element, for example a document type declaration.
    """
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    inside = "".join(
        f"<w:p><w:r><w:t>{escape(words[:2])}</w:t></w:r><w:r><w:t>{escape(words[2:])}</w:t></w:r></w:p>"
        for words in paragraphs
    )
    body = f"<w:document {space}><w:body>{inside}</w:body></w:document>"
    text = f'<?xml version="1.0" encoding="UTF-8"?>{before}{body}'
    return _with_part("docx", "word/document.xml", text.encode())


def xlsx(words: Sequence[str]) -> bytes:
    items = "".join(f"<si><t>{escape(each)}</t></si>" for each in words)
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    text = f'<?xml version="1.0"?><sst {space}>{items}</sst>'
    return _with_part("xlsx", "xl/sharedStrings.xml", text.encode())


def _with_part(kind: str, name: str, data: bytes) -> bytes:
    """Return an Office file that the library accepts; ``data`` replaces its file ``name``."""
    old = io.BytesIO(make_office_file(kind))
    new = io.BytesIO()
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.namelist():
            if entry != name:
                target.writestr(entry, source.read(entry))
        target.writestr(name, data)
    return new.getvalue()


def _stream(data: bytes) -> bytes:
    return b"<</Length %d>>stream\n%s\nendstream" % (len(data), data)
