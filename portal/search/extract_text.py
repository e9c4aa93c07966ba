"""A program that extracts the text of a PDF or Office file; ``file_texts`` runs it.

The program opens untrusted files, so it runs in a process with limits on memory and time, imports
nothing of the portal, and only writes text to its standard output.
Usage: extract_text.py KIND LENGTH < file > text
"""

from __future__ import annotations

import io
import posixpath
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
_MAIN_PART = "officeDocument"
MAX_SLIDES = 5_000
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
            yield from _part_text(archive, name, _TextHandler("p"))


def xlsx(data: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in sorted(filter(_TEXT_PARTS.fullmatch, archive.namelist())):
            handler = _TextHandler("si" if "shared" in name else "row")
            yield from _part_text(archive, name, handler)


def pptx(data: bytes) -> Iterator[str]:
    """Yield the text of the visible slides of a presentation in their order, without the notes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        main = next(p for kind, p in _related_parts(archive, "").values() if kind == _MAIN_PART)
        targets = _related_parts(archive, main)
        keys = [
            next((value for key, value in attributes.items() if "}" in key), "")
            for name, attributes in _elements(archive, main)
            if name == "sldId"  # the sections of a presentation repeat them without a key
        ]
        for key in filter(targets.get, keys[:MAX_SLIDES]):
            yield from _slide_text(archive, targets[key][1])


def _slide_text(archive: zipfile.ZipFile, slide: str) -> Iterator[str]:
    handler = _SlideHandler()
    yield from _part_text(archive, slide, handler)
    if handler.is_hidden_slide:
        return
    for kind, part in _related_parts(archive, slide).values():
        if kind == "diagramData":
            yield from _part_text(archive, part, _TextHandler("p"))


def _related_parts(archive: zipfile.ZipFile, source: str) -> dict[str, tuple[str, str]]:
    """Return id -> (kind, name of the part) for the relationships of a part to existing parts."""
    folder, base = posixpath.split(source)
    names, found = set(archive.namelist()), {}
    for _name, attributes in _elements(archive, posixpath.join(folder, "_rels", f"{base}.rels")):
        target = posixpath.join("/", folder, attributes.get("Target", ""))
        part = posixpath.normpath(target)[1:]
        if part in names:
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, part)
    return found


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


class _SlideHandler(_TextHandler):
    """A handler for a slide that leaves out hidden shapes, and everything on a hidden slide.

    Alternative content for old programs repeats words, and a field is a number of a page or a date.
    """

    def __init__(self) -> None:
        super().__init__("p")
        self.is_hidden_slide = False
        self._depth = 0
        self._skipped_depth = 0  # the depth of the outermost element that is left out; 0: none

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local_name(tag)
        self._depth += 1
        if name == "sld":
            self.is_hidden_slide = attributes.get("show", "true").lower() in _OFF
        if not self._skipped_depth:
            if name in {"Fallback", "fld"} or self.is_hidden_slide:
                self._skipped_depth = self._depth
            elif name == "cNvPr" and attributes.get("hidden", "false").lower() not in _OFF:
                self._skipped_depth = max(self._depth - 2, 1)  # the shape
        if not self._skipped_depth:
            super().start(tag, attributes)

    def end(self, tag: str) -> None:
        if not self._skipped_depth:
            super().end(tag)
        self._depth -= 1
        if self._skipped_depth > self._depth:
            self._skipped_depth = 0

    def text(self, words: str) -> None:
        if not self._skipped_depth:
            super().text(words)


def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _format_number(text: str) -> str:
    """Format a number as a spreadsheet displays it: files store 0.9865 as 0.98650000000000004."""
    try:
        return f"{float(text):.15g}"
    except ValueError:
        return text


def _elements(archive: zipfile.ZipFile, name: str) -> list[tuple[str, dict[str, str]]]:
    """Return the local names and the attributes of all elements of a part; [] if it is missing."""
    handler = _ElementHandler()
    if name in archive.namelist():
        for _nothing in _part_text(archive, name, handler):
            pass
    return handler.elements


class _ElementHandler(_TextHandler):
    """A handler of XML events that collects the elements and no text."""

    def __init__(self) -> None:
        super().__init__("")
        self.elements: list[tuple[str, dict[str, str]]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.elements.append((_local_name(tag), attributes))


def _part_text(archive: zipfile.ZipFile, name: str, handler: _TextHandler) -> Iterator[str]:
    def refuse(*_declaration: object) -> None:
        raise ValueError("a document type or entity declaration")

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


READERS = {"pdf": pdf, "docx": docx, "xlsx": xlsx, "pptx": pptx}

if __name__ == "__main__":
    main()
