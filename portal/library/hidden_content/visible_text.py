"""The visible text of an Office file, read independently of the cleaning, to compare the two.

The text is read as a stream of events. White space is left out: the removal of a deleted paragraph
mark joins two paragraphs.
"""

from __future__ import annotations

import hashlib
from typing import Any

from . import sheets, slide_shapes, slides, word
from .package import Package
from .shapes import is_hidden_shape
from .xml_tree import Attributes, Node, attribute, is_on, parse_events, relationship_id

_SKIPPED = {"w:del", "w:moveFrom", "w14:conflictDel", "w:delText", "w:instrText"}


def digest(data: bytes) -> str:
    """Return a digest of the visible text of an Office file."""
    package = Package(data)
    main = package.main_part()
    kind = package.tree(main).key
    hashed = hashlib.sha256()
    if kind == "w:document":
        styles = package.related(main, "styles")
        hidden = word.HiddenStyles(package.tree(styles[0].target) if styles else None)
        for name in [main, *(each.target for each in package.related(main, "header", "footer"))]:
            reader = _TextReader(hidden)
            parse_events(package.chunks(name), start=reader.start, end=reader.end, text=reader.text)
            hashed.update("".join("".join(reader.found).split()).encode())
    elif kind == "x:workbook":
        _hash_sheets(package, main, hashed)
    else:
        _hash_slides(package, main, hashed)
    return hashed.hexdigest()


class _TextReader:
    """Handler that collects the text that is neither deleted nor hidden."""

    def __init__(self, styles: word.HiddenStyles) -> None:
        self.found: list[str] = []
        self._styles = styles
        self._path: list[str] = []
        self._skipped_depth = 0  # the depth of the outermost element that is left out; 0: none
        self._direct: bool | None = None
        self._run_style = ""
        self._paragraph_styles: list[str] = []

    def start(self, name: str, key: str, attributes: Attributes) -> None:
        self._path.append(key)
        value = attribute(attributes, "val", "1")
        if not self._skipped_depth and self._hides(key, name, attributes):
            parents = {"w:del": 2, "w:hidden": 2, "w:cellDel": 2}.get(key, 0)
            is_mark = key == "w:del" and self._path[-2] == "w:rPr"
            in_properties = self._path[-2] in {"w:trPr", "w:tcPr"}
            if not is_mark:
                self._skipped_depth = len(self._path) - (parents if in_properties else 0)
        if key == "w:p":
            self._paragraph_styles.append(self._styles.default_paragraph)
        elif key == "w:r":
            self._direct, self._run_style = None, ""
        elif key == "w:pStyle" and self._path[-2] == "w:pPr" and self._paragraph_styles:
            self._paragraph_styles[-1] = value
        elif key == "w:rStyle":
            self._run_style = value
        elif key == "w:vanish" and self._path[-3:-1] == ["w:r", "w:rPr"]:
            self._direct = is_on(value)

    def _hides(self, key: str, name: str, attributes: Attributes) -> bool:
        if key == "w:hidden":
            return is_on(attribute(attributes, "val", "1"))
        if name.rpartition(":")[2] in {"docPr", "cNvPr"} and is_on(attribute(attributes, "hidden")):
            self._skipped_depth = max(len(self._path) - 2, 1)
            return False
        style = attributes.get("style", "")
        if key.startswith("v:") and "visibility:hidden" in style.replace(" ", "").lower():
            return True
        return key in _SKIPPED or key == "w:cellDel"

    def end(self, _name: str) -> None:
        key = self._path.pop()
        if self._skipped_depth > len(self._path):
            self._skipped_depth = 0
        if key == "w:p":
            self._paragraph_styles.pop()

    def text(self, words: str) -> None:
        if self._skipped_depth or not self._path or self._path[-1] not in {"w:t", "a:t", "t"}:
            return
        paragraph = self._paragraph_styles[-1] if self._paragraph_styles else ""
        by_style = self._styles.hides(self._run_style) != self._styles.hides(paragraph)
        if not (by_style if self._direct is None else self._direct):
            self.found.append(words)


def _hash_slides(package: Package, main: str, hashed: Any) -> None:
    """Hash the text of each visible slide, layout and master, with their charts and diagrams."""
    root = package.tree(main)
    size = slide_shapes.slide_size(root)
    visible = slides.visible_slides(package, main, root)
    for name in slides.drawn_parts(package, main, visible):
        part = package.tree(name)
        beside = {id(shape) for shape in slide_shapes.shapes_beside(part, size)}
        hashed.update(f"{name in visible};".encode())
        pending = [part]
        while pending:
            node = pending.pop()
            if id(node) in beside or is_hidden_shape(node):
                continue
            if node.key == "a:t":
                hashed.update(f"{node.text()};".encode())
            pending.extend(list(node.elements())[::-1])
        for each in package.related(name, "diagramdata", "chart"):
            hashed.update("".join(package.tree(each.target).text().split()).encode())


def _hash_sheets(package: Package, main: str, hashed: Any) -> None:
    """Hash each visible cell with its sheet, its place and its value."""
    root, strings = package.tree(main), _strings(package, main)
    styles = sheets.invisible_styles(package, main)
    targets = {each.key: each.target for each in package.related(main, "worksheet")}
    for node in root.descendants():
        target = targets.get(relationship_id(node.attributes)) if node.key == "x:sheet" else None
        if not target or attribute(node.attributes, "state", "visible") != "visible":
            continue
        hashed.update(attribute(node.attributes, "name").encode())
        sheet = package.tree(target)
        places = sheets.HiddenPlaces(sheet, styles)
        rows = sheets.numbered_rows(sheet.child("x:sheetData"))
        places.find_hidden_rows(rows)
        for number, row in rows:
            for column, cell in sheets.numbered_cells(row):
                is_hidden = number in places.hidden_rows or places.is_hidden_column(column)
                if (not is_hidden or places.is_visible_by_merging(number, column)) and not (
                    not is_hidden and places.has_invisible_format(cell)
                ):
                    value = _cell_text(cell, strings)
                    hashed.update(f"{number},{column}={value};".encode() if value else b"")


def _strings(package: Package, main: str) -> list[str]:
    found = package.related(main, "sharedstrings")
    return [item.text() for item in package.tree(found[0].target).elements()] if found else []


def _cell_text(cell: Node, strings: list[str]) -> str:
    value = cell.child("x:v") or cell.child("x:is")
    text = value.text() if value else ""
    if cell.attributes.get("t") == "s" and text.strip().isdecimal():
        number = int(text)
        return strings[number] if number < len(strings) else ""
    return text
