"""Removal of hidden sheets, rows, columns and cells from a workbook.

The places stay, hidden and empty, so that everything else keeps its address. Formulas become their
values when something was removed, because they would compute other values without it.
"""

from __future__ import annotations

import re

from .findings import Kind, Obstacle, Report
from .package import Package, Relationship
from .shapes import remove_hidden_shapes, remove_paths
from .xml_tree import Node, attribute, is_on, is_utf8, relationship_id, serialise

_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
#: Markup without which a sheet has no hidden rows or columns.
_HIDING = re.compile(rb"hidden|(?:ht|width|defaultRowHeight)\s*=\s*[\"']0|zeroHeight")
_INVISIBLE_FORMAT = re.compile(r"\s*;\s*;\s*;?\s*")
#: The parts that hold copies of cells; they are found by the kind of their relationship.
_COPIES = ("chart", "pivottable", "pivotcachedefinition", "chartex")
_JOURNALS = ("revisionheaders", "usernames")
_RULES = {"dataValidations", "conditionalFormatting", "conditionalFormattings"}


class HiddenPlaces:
    """The hidden places of a sheet."""

    def __init__(self, root: Node, invisible_styles: set[str]) -> None:
        self._styles = invisible_styles
        self._columns: list[tuple[int, int]] = []
        self._merged: list[tuple[int, int, int, int]] = []
        self.hidden_rows: set[int] = set()
        format_node = root.child("x:sheetFormatPr")
        self._rows_hidden = bool(format_node) and is_on(
            attribute(format_node.attributes if format_node else {}, "zeroHeight")
        )
        for node in root.elements():
            if node.key == "x:cols":
                self._columns += [
                    _column_range(each) for each in node.elements() if _is_hidden_column(each)
                ]
            elif node.key == "x:mergeCells":
                self._merged += [
                    _cell_range(attribute(e.attributes, "ref")) for e in node.elements()
                ]

    def find_hidden_rows(self, rows: list[tuple[int, Node]]) -> None:
        self.hidden_rows = {number for number, row in rows if self._is_hidden_row(row)}

    def _is_hidden_row(self, row: Node) -> bool:
        values = row.attributes
        if "hidden" in values:
            return is_on(values["hidden"])
        return _is_zero(values.get("ht", "")) or (self._rows_hidden and "ht" not in values)

    def is_hidden_column(self, column: int) -> bool:
        return any(first <= column <= last for first, last in self._columns)

    def is_visible_by_merging(self, row: int, column: int) -> bool:
        """Return whether a hidden cell is shown in a visible part of the range merged with it."""
        return any(
            (top, left) == (row, column)
            and any(r not in self.hidden_rows for r in range(top, min(bottom, top + 2000) + 1))
            and any(not self.is_hidden_column(c) for c in range(left, min(right, left + 2000) + 1))
            for top, left, bottom, right in self._merged
        )

    def has_invisible_format(self, cell: Node) -> bool:
        return cell.attributes.get("s", "0") in self._styles


class WorkbookCleaner:
    """Cleaner of one workbook; ``report`` counts what it removes."""

    def __init__(self, package: Package, report: Report) -> None:
        self._package = package
        self._report = report
        self._main = package.main_part()
        self._root = package.tree(self._main)

    def clean(self) -> None:
        """Remove what is hidden."""
        package, before = self._package, self._hidden_count()
        visible = self._remove_hidden_sheets()
        self._remove_paths()
        styles = self._invisible_styles()
        sheets = {}
        for each in visible:
            data = package.read(each.target)
            if not styles and is_utf8(data) and not _HIDING.search(data):
                continue
            root = package.tree(each.target)
            if self._clean_sheet(root, styles):
                sheets[each.target] = root
        if self._hidden_count() > before:
            self._write_values(visible, sheets)
        for each in visible:
            self._clean_drawings(each.target)
        for each in package.related(self._main, *_JOURNALS):
            self._report.add(Kind.TRACKED, 1 if each.kind == "revisionheaders" else 0)
            package.remove(each)
        package.replace(self._main, serialise(self._root))

    def _hidden_count(self) -> int:
        kinds = (Kind.HIDDEN_SHEETS, Kind.HIDDEN_ROWS, Kind.HIDDEN_COLUMNS, Kind.HIDDEN_CELLS)
        return sum(self._report.found[kind.value] for kind in kinds)

    def _remove_hidden_sheets(self) -> list[Relationship]:
        """Remove the hidden sheets; return the relationships to the others, in their order."""
        holder = self._root.child("x:sheets")
        targets = {each.key: each for each in self._package.relationships(self._main)}
        places: dict[str, str] = {}
        visible, names = [], []
        for number, node in enumerate(list(holder.elements()) if holder else []):
            target = targets.get(relationship_id(node.attributes))
            if attribute(node.attributes, "state", "visible") == "visible":
                places[str(number)] = str(len(places))
                if target and target.kind == "worksheet" and target.target in self._package:
                    visible.append(target)
                continue
            self._report.add(Kind.HIDDEN_SHEETS)
            names.append(attribute(node.attributes, "name"))
            holder.remove([node])  # type: ignore[union-attr]
            if target:
                self._package.remove(target)
        if names:
            self._renumber(places, names)
        return visible

    def _renumber(self, places: dict[str, str], names: list[str]) -> None:
        """Correct the numbers of sheets; remove the names defined for removed sheets."""
        defined = self._root.child("x:definedNames")
        for node in list(defined.elements()) if defined else []:
            number = node.attributes.get("localSheetId", "")
            if (number and number not in places) or any(name in node.text() for name in names):
                defined.remove([node])  # type: ignore[union-attr]
            elif number:
                node.attributes["localSheetId"] = places[number]
        if defined and not defined.children:
            self._root.remove([defined])
        for view in self._root.descendants():
            if view.key == "x:workbookView":
                view.attributes["activeTab"] = places.get(view.attributes.get("activeTab", ""), "0")
                view.attributes.pop("firstSheet", None)

    def _remove_paths(self) -> None:
        """Remove the folder of the file on its author's computer, and who reserved the file."""
        for parent in (self._root, *self._root.descendants()):
            personal = [n for n in parent.elements() if n.local_name in {"absPath", "fileSharing"}]
            for node in personal:
                is_named = attribute(node.attributes, "url") or attribute(
                    node.attributes, "userName"
                )
                self._report.add(Kind.PATHS, 1 if is_named else 0)
            parent.remove(personal)

    def _invisible_styles(self) -> set[str]:
        return invisible_styles(self._package, self._main)

    def _clean_sheet(self, root: Node, styles: set[str]) -> bool:
        """Empty the hidden cells of a sheet; return whether there were any with content."""
        data, sheet = root.child("x:sheetData"), HiddenPlaces(root, styles)
        rows = numbered_rows(data)
        sheet.find_hidden_rows(rows)
        hidden_rows, hidden_columns, cells = set(), set(), 0
        for number, row in rows:
            for column, cell in numbered_cells(row):
                if not any(True for _ in cell.elements()):
                    continue
                in_row, in_column = number in sheet.hidden_rows, sheet.is_hidden_column(column)
                if (in_row or in_column) and sheet.is_visible_by_merging(number, column):
                    continue
                if in_row:
                    hidden_rows.add(number)
                elif in_column:
                    hidden_columns.add(column)
                elif sheet.has_invisible_format(cell):
                    cells += 1
                else:
                    continue
                cell.children = []
                cell.attributes.pop("t", None)
        self._report.add(Kind.HIDDEN_ROWS, len(hidden_rows))
        self._report.add(Kind.HIDDEN_COLUMNS, len(hidden_columns))
        self._report.add(Kind.HIDDEN_CELLS, cells)
        return bool(hidden_rows or hidden_columns or cells)

    def _write_values(self, visible: list[Relationship], sheets: dict[str, Node]) -> None:
        """Write the sheets without formulas, and without the strings that no cell uses."""
        used: set[int] = set()
        for each in visible:
            root = sheets.get(each.target) or self._package.tree(each.target)
            self._report_dependents(each.target)
            for node in root.elements():
                if node.local_name in _RULES and node.local_name != "dataValidations":
                    self._report.block(Obstacle.DEPENDENT_CONTENT)
            root.remove([n for n in root.elements() if n.local_name == "dataValidations"])
            for cell in (node for node in root.descendants() if node.key == "x:c"):
                formula = cell.child("x:f")
                if formula is not None:
                    if cell.child("x:v") is None:  # never computed: readers would see nothing
                        self._report.block(Obstacle.DEPENDENT_CONTENT)
                    cell.remove([formula])
                if cell.attributes.get("t") == "s" and (value := cell.child("x:v")):
                    used.add(int(value.text().strip() or 0))
            self._package.replace(each.target, serialise(root))
        self._report_dependents(self._main)
        for each in self._package.related(self._main, "calcchain"):
            self._package.remove(each)
        for each in self._package.related(self._main, "sharedstrings"):
            root = self._package.tree(each.target)
            for number, item in enumerate(root.elements()):
                if number not in used:
                    prefix = item.name.rpartition(":")[0]
                    item.children = [Node(f"{prefix}:t" if prefix else "t", "x:t", {})]
            self._package.replace(each.target, serialise(root))

    def _report_dependents(self, name: str) -> None:
        """Report parts that hold copies of cells: charts and pivot tables."""
        package = self._package
        drawings = [each.target for each in package.related(name, "drawing")]
        if package.related(name, *_COPIES) or any(package.related(d, *_COPIES) for d in drawings):
            self._report.block(Obstacle.DEPENDENT_CONTENT)

    def _clean_drawings(self, sheet: str) -> None:
        for each in self._package.related(sheet, "drawing"):
            root, before = self._package.tree(each.target), sum(self._report.found.values())
            remove_hidden_shapes(root, self._report)
            remove_paths(root, self._report)
            if sum(self._report.found.values()) > before:
                self._package.replace(each.target, serialise(root))
        notes = self._package.related(sheet, "vmldrawing")
        for each in notes:
            data = self._package.read(each.target)
            if b'ObjectType="Note"' in data:
                self._remove_notes(sheet, each, data)

    def _remove_notes(self, sheet: str, drawing: Relationship, data: bytes) -> None:
        """Remove the frames of comments, which lie in a drawing of their own."""
        if data.count(b"ObjectType=") != data.count(b'ObjectType="Note"'):
            self._report.block(Obstacle.DEPENDENT_CONTENT)
            return
        root = self._package.tree(sheet)
        root.remove([n for n in root.elements() if relationship_id(n.attributes) == drawing.key])
        self._package.remove(drawing)
        self._package.replace(sheet, serialise(root))


def column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def numbered_rows(data: Node | None) -> list[tuple[int, Node]]:
    """Return the rows of a sheet with their numbers, which a file may leave out."""
    rows, number = [], 0
    for row in data.elements() if data else ():
        stated = row.attributes.get("r", "")
        number = int(stated) if stated.isdecimal() and len(stated) < 9 else number + 1
        rows.append((number, row))
    return rows


def numbered_cells(row: Node) -> list[tuple[int, Node]]:
    cells, column = [], 0
    for cell in row.elements():
        place = _PLACE.fullmatch(cell.attributes.get("r", ""))
        column = column_number(place[1]) if place else column + 1
        cells.append((column, cell))
    return cells


def _is_zero(value: str) -> bool:
    try:
        return float(value) == 0
    except ValueError:
        return False


def _is_hidden_column(node: Node) -> bool:
    values = node.attributes
    return is_on(values.get("hidden", "")) or _is_zero(values.get("width", ""))


def _column_range(node: Node) -> tuple[int, int]:
    first, last = node.attributes.get("min", "0"), node.attributes.get("max", "0")
    return (int(first), int(last)) if first.isdecimal() and last.isdecimal() else (0, 0)


def _cell_range(reference: str) -> tuple[int, int, int, int]:
    first, _colon, last = reference.partition(":")
    top, bottom = _PLACE.fullmatch(first), _PLACE.fullmatch(last or first)
    if not (top and bottom):
        return (0, 0, 0, 0)
    return int(top[2]), column_number(top[1]), int(bottom[2]), column_number(bottom[1])


def invisible_styles(package: Package, main: str) -> set[str]:
    """Return the numbers of the cell styles whose number format shows nothing (";;;")."""
    found = package.related(main, "styles")
    if not found:
        return set()
    root = package.tree(found[0].target)
    formats = {
        node.attributes.get("numFmtId", "")
        for node in root.descendants()
        if node.key == "x:numFmt"
        and _INVISIBLE_FORMAT.fullmatch(node.attributes.get("formatCode", ""))
    }
    styles = root.child("x:cellXfs")
    return {
        str(number)
        for number, node in enumerate(styles.elements() if styles else ())
        if node.attributes.get("numFmtId") in formats
    }
