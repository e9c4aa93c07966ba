"""Removal of hidden rows, columns and cells of tables, as Excel and WPS put them on the clipboard.

The reader has marked hidden ``tr``, ``td``, ``th``, ``col`` and ``colgroup`` elements and parts of
tables by the attribute ``hidden``. A hidden column hides the cells below it even if they are not
marked themselves. Merged cells shrink by the rows and columns that are removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from portal.library.cleaning.report import Kind, Report
from portal.library.markup import Element, Node, tag_names

#: Columns behind this one are not looked at; Excel's tables on court pages have far fewer.
MAX_COLUMNS = 200
_SECTIONS = tag_names("thead tbody tfoot")


@dataclass
class _Cell:
    element: Element
    row: int
    column: int
    rows: int
    columns: int


def remove(root: Element, report: Report) -> None:
    """Remove what is hidden from all tables below ``root``, and the ``col`` elements."""
    for element in list(root.walk()):
        if element.tag == "table":
            _clean_table(element, report)


def _clean_table(table: Element, report: Report) -> None:
    hidden_columns = _hidden_columns(table)
    table.children = [
        each
        for each in table.children
        if not (isinstance(each, Element) and each.tag in {"col", "colgroup"})
    ]
    rows = list(_rows(table))
    hidden_rows = {number for number, (_row, is_hidden) in enumerate(rows) if is_hidden}
    if not (hidden_columns or hidden_rows) and not any(
        "hidden" in cell.attrs for row, _is_hidden in rows for cell in _cells_of(row)
    ):
        return
    elements = [row for row, _is_hidden in rows]
    cells = _place_cells(elements)
    _report_removed(cells, hidden_rows, hidden_columns, report)
    _fill_rows(elements, cells, hidden_rows, hidden_columns)
    for part in [table, *_sections(table)]:
        part.children = [each for each in part.children if not _is_hidden_row(each)]


def _sections(table: Element) -> list[Element]:
    return [each for each in table.children if isinstance(each, Element) and each.tag in _SECTIONS]


def _rows(table: Element) -> Iterator[tuple[Element, bool]]:
    """Yield each row and whether it is hidden, by itself or with its part of the table."""
    for child in table.children:
        if not isinstance(child, Element):
            continue
        if child.tag == "tr":
            yield child, "hidden" in child.attrs
        elif child.tag in _SECTIONS:
            for row in child.children:
                if isinstance(row, Element) and row.tag == "tr":
                    if "hidden" in child.attrs:
                        row.attrs["hidden"] = ""
                    yield row, "hidden" in row.attrs


def _cells_of(row: Element) -> list[Element]:
    return [each for each in row.children if isinstance(each, Element) and each.tag in {"td", "th"}]


def _is_hidden_row(node: Node) -> bool:
    return isinstance(node, Element) and node.tag == "tr" and "hidden" in node.attrs


def _hidden_columns(table: Element) -> set[int]:
    hidden: set[int] = set()
    column = 0

    def add(element: Element, is_hidden: bool) -> None:
        nonlocal column
        span = _span(element, "span", MAX_COLUMNS - column)
        if is_hidden:
            hidden.update(range(column, column + span))
        column += span

    for child in table.children:
        if not isinstance(child, Element):
            continue
        if child.tag == "col":
            add(child, "hidden" in child.attrs)
        elif child.tag == "colgroup":
            columns = [each for each in child.children if isinstance(each, Element)]
            for each in columns or [child]:
                add(each, "hidden" in each.attrs or "hidden" in child.attrs)
    return hidden


def _span(element: Element, name: str, limit: int) -> int:
    text = element.attrs.get(name, "").strip()
    span = int(text) if re.fullmatch(r"[0-9]{1,4}", text) else 1
    return max(0, min(span or 1, limit))


def _place_cells(rows: list[Element]) -> list[_Cell]:
    """Return all cells with their places in the grid of the table."""
    cells: list[_Cell] = []
    taken_until = [0] * MAX_COLUMNS  # for each column the first row that is free
    for number, row in enumerate(rows):
        column = 0
        for element in _cells_of(row):
            while column < MAX_COLUMNS and taken_until[column] > number:
                column += 1
            columns = _span(element, "colspan", MAX_COLUMNS - column)
            height = _span(element, "rowspan", len(rows) - number)
            for each in range(column, column + columns):
                taken_until[each] = number + height
            cells.append(_Cell(element, number, column, height, columns))
            column += columns
    return cells


def _report_removed(
    cells: list[_Cell], hidden_rows: set[int], hidden_columns: set[int], report: Report
) -> None:
    """Report one passage for each hidden row, for each hidden column, and for each hidden cell."""
    words: dict[tuple[str, int], list[str]] = {}
    for number, cell in enumerate(cells):
        if cell.row in hidden_rows:
            key = ("row", cell.row)
        elif cell.columns and hidden_columns.issuperset(_columns_of(cell)):
            key = ("column", cell.column)
        elif "hidden" in cell.element.attrs:
            key = ("cell", number)
        else:
            continue
        words.setdefault(key, []).append(cell.element.text.strip())
    for texts in words.values():
        if example := " ".join(filter(None, texts)):
            report.add(Kind.HIDDEN, example)


def _columns_of(cell: _Cell) -> range:
    return range(cell.column, cell.column + cell.columns)


def _fill_rows(
    rows: list[Element], cells: list[_Cell], hidden_rows: set[int], hidden_columns: set[int]
) -> None:
    """Put into each row the cells that remain, with the spans that remain of them."""
    remaining: dict[int, list[tuple[int, Element]]] = {number: [] for number in range(len(rows))}
    hidden_before, next_visible = _count_hidden(len(rows), hidden_rows)
    for cell in cells:
        columns = cell.columns - len(hidden_columns.intersection(_columns_of(cell)))
        if (cell.columns and not columns) or (
            "hidden" in cell.element.attrs and cell.row not in hidden_rows
        ):
            continue
        end = cell.row + cell.rows
        height = cell.rows - (hidden_before[end] - hidden_before[cell.row])
        if not height:
            continue
        element = cell.element
        if cell.row in hidden_rows:  # its words are hidden, but the rows below need its place
            element = Element(element.tag)
        _set_span(element, "colspan", columns, cell.columns)
        _set_span(element, "rowspan", height, cell.rows)
        remaining[next_visible[cell.row]].append((cell.column, element))
    for number, row in enumerate(rows):
        ordered = sorted(remaining[number], key=lambda placed: placed[0])
        row.children = [element for _column, element in ordered]


def _count_hidden(count: int, hidden_rows: set[int]) -> tuple[list[int], list[int]]:
    """Return for each row the number of hidden rows before it, and the first visible row from it
    on.
    """
    before = [0]
    for number in range(count):
        before.append(before[-1] + (number in hidden_rows))
    next_visible = [count] * (count + 1)
    for number in reversed(range(count)):
        next_visible[number] = next_visible[number + 1] if number in hidden_rows else number
    return before, next_visible


def _set_span(element: Element, name: str, span: int, unchanged: int) -> None:
    if span != unchanged or name not in element.attrs:
        element.attrs.pop(name, None)
        if span > 1:
            element.attrs[name] = str(span)
