"""Downloads of a dataset: CSV, JSON, and metadata that describe the CSV columns (CSVW).

The CSV and the JSON file have the same cells. A CSV cell that a spreadsheet program would execute
as a formula begins with an apostrophe; programs read the exact values from the columns named
``..._canonical``.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.interchange.cell_text import clean, escape_formula
from portal.publishing.references import Role, targets

from .models import Dataset, Observation

BATCH_SIZE = 500
#: Minimum size of the chunks in which the file is streamed, except for the last chunk.
MIN_CHUNK_BYTES = 32 * 1024

Cell = str | int | float | bool | list[str] | None
#: A function that converts a path to an absolute URL.
AbsoluteUrl = Callable[[str], str]


@dataclass(frozen=True)
class Row:
    """A figure with its absolute URL (``address``) and the absolute URLs of its sources."""

    observation: Observation
    sources: list[str]
    address: str


@dataclass(frozen=True)
class ExportField:
    """A column of the download: name, title, function that returns its cell, CSVW datatype."""

    name: str
    title: str | Promise
    cell: Callable[[Row], Any]
    datatype: str = "string"


def _part(name: str, part: str) -> Callable[[Row], Any]:
    """Return a function that reads one attribute of a source value; None if there is no value."""

    def cell(row: Row) -> Any:
        value = getattr(row.observation, name)
        return None if value is None else getattr(value, part)

    return cell


def _canonical(name: str) -> Callable[[Row], str | None]:
    """Return a function that reads a source value as canonical JSON; None if there is no value."""

    def cell(row: Row) -> str | None:
        value = getattr(row.observation, name)
        return None if value is None else value.canonical()

    return cell


def _of_indicator(name: str) -> Callable[[Row], str]:
    return lambda row: getattr(row.observation.indicator, name)


EXPORT_FIELDS = (
    ExportField("id", _("Number of the figure"), lambda row: row.observation.pk, "integer"),
    ExportField("indicator", _("Indicator"), _of_indicator("name")),
    ExportField("code", _("Code"), _of_indicator("code")),
    ExportField("unit", _("Unit of the indicator"), _of_indicator("unit")),
    ExportField("definition", _("Definition"), _of_indicator("definition")),
    ExportField("scope", _("Scope"), _of_indicator("scope")),
    ExportField("period_printed", _("Period as printed"), _part("period", "printed")),
    ExportField("period_precision", _("Precision of the period"), _part("period", "precision")),
    ExportField("period_from", _("Period: earliest day"), _part("period", "earliest"), "date"),
    ExportField("period_to", _("Period: latest day"), _part("period", "latest"), "date"),
    ExportField("period_inferred", _("Period: inferred"), _part("period", "inferred"), "boolean"),
    ExportField("value_printed", _("Quantity as printed"), _part("value", "printed")),
    ExportField(
        "value_comparator", _("Quantity: how to take the number"), _part("value", "comparator")
    ),
    ExportField("value", _("Quantity: number"), _part("value", "value"), "decimal"),
    ExportField("value_upper", _("Quantity: upper bound"), _part("value", "upper"), "decimal"),
    ExportField("value_low", _("Quantity: not below"), _part("value", "low"), "decimal"),
    ExportField("value_high", _("Quantity: not above"), _part("value", "high"), "decimal"),
    ExportField("value_unit", _("Quantity: unit as printed"), _part("value", "unit")),
    ExportField("rank_printed", _("Rank as printed"), _part("rank", "printed")),
    ExportField("rank_scope", _("Rank: among whom"), _part("rank", "scope")),
    ExportField("rank_place", _("Rank: place"), _part("rank", "place"), "integer"),
    ExportField("rank_within", _("Rank: among the first"), _part("rank", "within"), "integer"),
    ExportField("rank_tier", _("Rank: tier"), _part("rank", "tier"), "integer"),
    ExportField("rank_words", _("Rank: in words"), _part("rank", "words")),
    ExportField("rank_months", _("Rank: months"), _part("rank", "months"), "integer"),
    ExportField("rank_occurrences", _("Rank: times"), _part("rank", "occurrences"), "integer"),
    ExportField("rank_consecutive", _("Rank: in a row"), _part("rank", "consecutive")),
    ExportField("rank_best", _("Rank: at best"), _part("rank", "best"), "boolean"),
    ExportField("remark", _("Remark"), lambda row: row.observation.remark),
    ExportField("sources", _("Stated in"), lambda row: row.sources, "anyURI"),
    ExportField("address", _("Address of the figure"), lambda row: row.address, "anyURI"),
    ExportField("period_canonical", _("Period, exactly"), _canonical("period"), "json"),
    ExportField("value_canonical", _("Quantity, exactly"), _canonical("value"), "json"),
    ExportField("rank_canonical", _("Rank, exactly"), _canonical("rank"), "json"),
)


def export_rows(dataset: Dataset, address: AbsoluteUrl) -> Iterator[list[Cell]]:
    """Yield the cells of each public figure, newest first, with few queries per batch."""
    for batch in Observation.objects.in_dataset(dataset.value).in_batches(BATCH_SIZE):
        sources = targets(batch, Role.STATED_IN)
        for each in batch:
            stated = [address(source.get_absolute_url()) for source in sources.get(each.pk, [])]
            row = Row(each, stated, address(each.get_absolute_url()))
            yield [_json_cell(field, field.cell(row)) for field in EXPORT_FIELDS]


def _json_cell(field: ExportField, value: Any) -> Cell:
    """Return a cell as a JSON type; None for an empty cell."""
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, bool | int | list):
        return value
    if isinstance(value, Decimal):
        # A stored number has at most 15 digits (``source_values.values``), so that a float is
        # exact.
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    # Canonical JSON is not cleaned, because it must remain exact.
    return str(value) if field.datatype == "json" else clean(str(value)) or None


def as_csv(dataset: Dataset, address: AbsoluteUrl) -> Iterator[bytes]:
    """Yield the CSV file (RFC 4180), with the byte order mark by which Excel recognises UTF-8."""
    return _in_chunks(_csv_lines(export_rows(dataset, address)))


def _csv_lines(rows: Iterator[list[Cell]]) -> Iterator[bytes]:
    buffer = _Buffer()
    writer = csv.writer(buffer)
    writer.writerow([field.name for field in EXPORT_FIELDS])
    yield codecs.BOM_UTF8 + buffer.take()
    for row in rows:
        writer.writerow([_csv_cell(cell) for cell in row])
        yield buffer.take()


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return f"{Decimal(str(cell)):f}"
    if isinstance(cell, list):
        return " ".join(cell)
    return escape_formula(cell)


class _Buffer:
    """A file-like object that stores the output of a CSV writer until ``take`` returns it."""

    def __init__(self) -> None:
        self._text = ""

    def write(self, text: str) -> None:
        self._text += text

    def take(self) -> bytes:
        text, self._text = self._text, ""
        return text.encode()


def as_json(dataset: Dataset, address: AbsoluteUrl) -> Iterator[bytes]:
    """Yield the JSON file: an object with the keys "dataset", "fields" and "rows"."""
    head = {
        "dataset": {"name": dataset.value, "title": str(dataset.label)},
        "fields": [
            {"name": field.name, "title": str(field.title), "datatype": field.datatype}
            for field in EXPORT_FIELDS
        ],
    }
    # The titles are translated here, before streaming begins: while the rows are streamed, the
    # language of the request is no longer active.
    return _in_chunks(_json_lines(_dumps(head)[:-1] + ', "rows": [', export_rows(dataset, address)))


def _json_lines(head: str, rows: Iterator[list[Cell]]) -> Iterator[bytes]:
    names = [field.name for field in EXPORT_FIELDS]
    yield head.encode()
    separator = ""
    for row in rows:
        yield (f"{separator}\n" + _dumps(dict(zip(names, row, strict=True)))).encode()
        separator = ","
    yield b"\n]}\n"


def _in_chunks(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Join lines into larger chunks, because the server sends each chunk separately."""
    buffer = bytearray()
    for line in lines:
        buffer += line
        if len(buffer) >= MIN_CHUNK_BYTES:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def csvw_metadata(dataset: Dataset, address: AbsoluteUrl, *, csv_path: str, publisher: str) -> dict:
    """Return metadata that describe the columns of the CSV file (CSV on the Web, W3C)."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "zh-Hans"}],
        "url": address(csv_path),
        "dc:title": str(dataset.label),
        "dc:publisher": publisher,
        "dc:description": str(
            _(
                "Figures as their sources print them, and what they mean. A cell that a "
                "spreadsheet would calculate begins with an apostrophe. Columns ending in "
                "_canonical hold the values exactly."
            )
        ),
        "dialect": {"encoding": "utf-8", "header": True, "delimiter": ",", "quoteChar": '"'},
        "null": "",
        "tableSchema": {
            "columns": [_column(field) for field in EXPORT_FIELDS],
            "primaryKey": "id",
        },
    }


def _column(field: ExportField) -> dict[str, Any]:
    column: dict[str, Any] = {
        "name": field.name,
        "titles": [field.name, str(field.title)],
        "datatype": field.datatype,
        "required": field.name in {"id", "indicator", "address"},
    }
    if field.datatype == "boolean":
        column["datatype"] = {"base": "boolean", "format": "true|false"}
    if field.datatype == "date":
        column["datatype"] = {"base": "date", "format": "yyyy-MM-dd"}
    if field.name == "sources":
        column["separator"] = " "
    return column
