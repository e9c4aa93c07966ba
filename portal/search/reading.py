"""The words of a document from its bytes: a program of its own, run by ``files``.

It opens files that anybody may have made, so it runs in a process with bounds on memory and time,
knows nothing of the portal, and only writes text. Usage: reading.py KIND LENGTH < file > text
"""

from __future__ import annotations

import io
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from xml.parsers import expat

MEMORY = 1024 * 1024 * 1024
SECONDS = 45
#: Of one part of an Office file, unpacked.
PART_BYTES = 100 * 1024 * 1024
_SHEETS = re.compile(r"xl/(?:sharedStrings|worksheets/sheet\d+)\.xml")
_CHUNK = 64 * 1024


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    kind, length = sys.argv[1], int(sys.argv[2])
    pieces = READERS[kind](sys.stdin.buffer.read())
    left = length
    for piece in pieces:
        piece = piece[:left]
        sys.stdout.buffer.write(piece.encode("utf-8", "ignore"))
        left -= len(piece)
        if left <= 0:
            break


def pdf(data: bytes) -> Iterator[str]:
    """Page by page."""
    import pypdfium2  # here, after the bounds are set: it is the part that is not Python

    document = pypdfium2.PdfDocument(data)
    for number in range(len(document)):
        page = document[number]
        words = page.get_textpage()
        # Marked by U+FFFE: a word divided at the end of a line.
        yield words.get_text_range().replace("\ufffe", "") + "\n"
        words.close()
        page.close()


def docx(data: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml"):
            if name in archive.namelist():
                yield from _words(archive, name, block="p")


def xlsx(data: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in sorted(filter(_SHEETS.fullmatch, archive.namelist())):
            yield from _words(archive, name, block="si" if "shared" in name else "is")


def _words(archive: zipfile.ZipFile, name: str, *, block: str) -> Iterator[str]:
    """What stands in the ``t`` elements of a part, a ``block`` to a line."""
    found: list[str] = []
    inside = False

    def local(tag: str) -> str:
        return tag.rpartition("}")[2]

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        inside = local(tag) == "t"
        if local(tag) in {"tab", "br", "cr"}:
            found.append(" ")

    def end(tag: str) -> None:
        nonlocal inside
        inside = False
        if local(tag) == block:
            found.append("\n")

    def text(words: str) -> None:
        if inside:
            found.append(words)

    def refuse(*_declaration: object) -> None:
        raise ValueError("a declaration that no Office file has")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    # No entities, no outside: no billion laughs, no file of the server's.
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    size = 0
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK):
            size += len(chunk)
            if size > PART_BYTES:
                return
            parser.Parse(chunk)
            yield "".join(found)
            found.clear()
    parser.Parse(b"", True)
    yield "".join(found)


READERS = {"pdf": pdf, "docx": docx, "xlsx": xlsx}

if __name__ == "__main__":
    main()
