"""The words of a document from its bytes: a program of its own, run by ``files``.

It opens files that anybody may have made, so it runs in a process with bounds on memory and time,
knows nothing of the portal, and only writes text. Usage: extract_text.py KIND LENGTH < file > text
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
#: So much of the longest line of its page is a line that was not ended by its writer.
_FULL = 0.7
#: Chinese characters, and the signs after which a line goes on.
_WIDE = re.compile("[々〇\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af，、“”《》（）]")


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
        yield joined(words.get_text_range().replace("\ufffe", "")) + "\n"
        words.close()
        page.close()


def joined(page: str) -> str:
    """A page's lines, Chinese ones made whole again: a line that is full ends where the paper does,
    as often as not in the middle of a word."""
    lines = [line.strip() for line in page.splitlines()]
    full = max(map(len, lines), default=0) * _FULL
    found: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        runs_on = len(line) >= full and _WIDE.match(line[-1:]) and _WIDE.match(following)
        found += [line, "" if runs_on else "\n"]
    return "".join(found)


def docx(data: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml"):
            if name in archive.namelist():
                yield from _words(archive, name, block="p")


def xlsx(data: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in sorted(filter(_SHEETS.fullmatch, archive.namelist())):
            yield from _words(archive, name, block="si" if "shared" in name else "row")


class _Target:
    """Gathers what stands in the ``t`` elements of a part, and the numbers of cells; a ``block``
    to a line."""

    def __init__(self, block: str) -> None:
        self.found: list[str] = []
        self._block = block
        self._inside = ""
        self._is_number = False
        self._number = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        self._inside = name
        if name == "c":  # a cell: of a number, unless it says otherwise
            self._is_number = attributes.get("t", "n") in {"n", "str"}
        if name in {"tab", "br", "cr"}:
            self.found.append(" ")

    def end(self, tag: str) -> None:
        name = _local(tag)
        self._inside = ""
        if name == "v" and self._is_number:
            self.found.append(_number(self._number))
            self._number, self._is_number = "", False
        if name == "c":
            self.found.append(" ")
        if name == self._block:
            self.found.append("\n")

    def text(self, words: str) -> None:
        if self._inside == "t":
            self.found.append(words)
        elif self._inside == "v" and self._is_number:
            self._number += words

    def take(self) -> str:
        taken = "".join(self.found)
        self.found.clear()
        return taken


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _number(text: str) -> str:
    """As a sheet shows it: files keep 0.9865 as 0.98650000000000004."""
    try:
        return f"{float(text):.15g}"
    except ValueError:
        return text


def _words(archive: zipfile.ZipFile, name: str, *, block: str) -> Iterator[str]:
    def refuse(*_declaration: object) -> None:
        raise ValueError("a declaration that no Office file has")

    target = _Target(block)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler, parser.EndElementHandler = target.start, target.end
    parser.CharacterDataHandler = target.text
    # No entities, no outside: no billion laughs, no file of the server's.
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    size = 0
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK):
            size += len(chunk)
            if size > PART_BYTES:
                return
            parser.Parse(chunk)
            yield target.take()
    parser.Parse(b"", True)
    yield target.take()


READERS = {"pdf": pdf, "docx": docx, "xlsx": xlsx}

if __name__ == "__main__":
    main()
