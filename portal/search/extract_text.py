"""A program that extracts the text of a PDF, Word or Excel file; ``file_texts`` runs it.

The program opens untrusted files, so it runs in a process with limits on memory and time, imports
nothing of the portal, and only writes text to its standard output.
Usage: extract_text.py KIND LENGTH < file > text
"""

from __future__ import annotations

import io
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from xml.parsers import expat

MEMORY_LIMIT_BYTES = 1024 * 1024 * 1024
CPU_LIMIT_SECONDS = 45
#: The maximum unpacked size of one XML file in an Office file (a zip archive).
MAX_PART_BYTES = 100 * 1024 * 1024
#: Word Online writes document2.xml.
_WORD_PARTS = re.compile(r"word/(?:document|footnotes|endnotes)\d*\.xml")
_TEXT_PARTS = re.compile(r"xl/(?:sharedStrings|worksheets/sheet\d+)\.xml")
_CHUNK_BYTES = 64 * 1024
_REMOVED = {"del", "moveFrom"}
_OFF = {"0", "false", "off"}
#: A line that has at least this share of the length of its page's longest line is taken for a line
#: that was wrapped at the page's width.
_WRAPPED_SHARE = 0.7
#: Chinese characters, and punctuation that does not end a sentence: a sentence continues here.
_CONTINUING = re.compile("[々〇\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af，、“”《》（）]")


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_SECONDS, CPU_LIMIT_SECONDS))
    kind, length = sys.argv[1], int(sys.argv[2])
    pieces = READERS[kind](sys.stdin.buffer.read())
    remaining = length
    for piece in pieces:
        piece = piece[:remaining]
        sys.stdout.buffer.write(piece.encode("utf-8", "ignore"))
        remaining -= len(piece)
        if remaining <= 0:
            break


def pdf(data: bytes) -> Iterator[str]:
    """Yield the text of each page of a PDF file."""
    import pypdfium2  # imported after the limits are set, because it loads native code

    document = pypdfium2.PdfDocument(data)
    for number in range(len(document)):
        page = document[number]
        words = page.get_textpage()
        # U+FFFE replaces the hyphen of a word that is divided at the end of a line.
        yield join_wrapped_lines(words.get_text_range().replace("\ufffe", "")) + "\n"
        words.close()
        page.close()


def join_wrapped_lines(page: str) -> str:
    """Join the lines of a page that were wrapped inside Chinese text, often inside a word."""
    lines = [line.strip() for line in page.splitlines()]
    wrapped_length = max(map(len, lines), default=0) * _WRAPPED_SHARE
    found: list[str] = []
    for line, next_line in zip(lines, [*lines[1:], ""], strict=True):
        is_wrapped = (
            len(line) >= wrapped_length
            and _CONTINUING.match(line[-1:])
            and _CONTINUING.match(next_line)
        )
        found += [line, "" if is_wrapped else "\n"]
    return "".join(found)


def docx(data: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in sorted(filter(_WORD_PARTS.fullmatch, archive.namelist())):
            yield from _part_text(archive, name, block="p")


def xlsx(data: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in sorted(filter(_TEXT_PARTS.fullmatch, archive.namelist())):
            yield from _part_text(archive, name, block="si" if "shared" in name else "row")


class _TextHandler:
    """A handler of XML events that collects the text of ``t`` elements and the numbers of cells.

    Each element named ``block`` becomes one line of text. Word's hidden text and the former place
    of moved text, which repeats it, are left out: readers of the document do not see them either.
    """

    def __init__(self, block: str) -> None:
        self.found: list[str] = []
        self._block = block
        self._inside = ""
        self._is_number = False
        self._number = ""
        self._removed = 0  # the number of open elements with deleted or moved text
        self._is_run_hidden = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local_name(tag)
        self._inside = name
        if name == "c":  # "n" (number) is the type of a cell without a type
            self._is_number = attributes.get("t", "n") in {"n", "str"}
        if name in {"tab", "br", "cr"}:
            self.found.append(" ")
        if name in _REMOVED:
            self._removed += 1
        elif name == "r":
            self._is_run_hidden = False
        elif name == "vanish":
            values = [value for key, value in attributes.items() if _local_name(key) == "val"]
            self._is_run_hidden = not _OFF.intersection(values)

    def end(self, tag: str) -> None:
        name = _local_name(tag)
        self._inside = ""
        if name == "v" and self._is_number:
            self.found.append(_format_number(self._number))
            self._number, self._is_number = "", False
        if name == "c":
            self.found.append(" ")
        if name in _REMOVED:
            self._removed -= 1
        elif name in {"r", "pPr"}:  # the mark of a paragraph may be hidden, too
            self._is_run_hidden = False
        if name == self._block:
            self.found.append("\n")

    def text(self, words: str) -> None:
        if self._inside == "t" and not (self._removed or self._is_run_hidden):
            self.found.append(words)
        elif self._inside == "v" and self._is_number:
            self._number += words

    def pop_text(self) -> str:
        text = "".join(self.found)
        self.found.clear()
        return text


def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _format_number(text: str) -> str:
    """Format a number as a spreadsheet displays it: files store 0.9865 as 0.98650000000000004."""
    try:
        return f"{float(text):.15g}"
    except ValueError:
        return text


def _part_text(archive: zipfile.ZipFile, name: str, *, block: str) -> Iterator[str]:
    def refuse(*_declaration: object) -> None:
        raise ValueError("a document type or entity declaration")

    handler = _TextHandler(block)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.CharacterDataHandler = handler.text
    # Entities are refused: they could expand without limit ("billion laughs") or read files of the
    # server (XXE).
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    size = 0
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > MAX_PART_BYTES:
                return
            parser.Parse(chunk)
            yield handler.pop_text()
    parser.Parse(b"", True)
    yield handler.pop_text()


READERS = {"pdf": pdf, "docx": docx, "xlsx": xlsx}

if __name__ == "__main__":
    main()
