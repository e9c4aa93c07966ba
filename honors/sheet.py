"""The columns of the honours sheet, for import, export and the empty template."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from portal.interchange.imports import Note
from portal.interchange.tables import Cell, Column, Row
from portal.publishing import content as contents
from portal.source_values.dates import SourceDate

from . import cells, recipient_cells
from .models import Honor

#: The columns of the template; an imported sheet may lack all of them except the name.
COLUMNS = (
    Column("name", "名称*", ("荣誉名称", "荣誉称号", "荣誉", "奖项", "奖项名称", "称号名称")),
    Column("kind", "类别", ("荣誉类别", "类型", "荣誉类型", "种类")),
    Column("levels", "级别", ("荣誉级别", "等级", "层级")),
    Column("system", "系统", ("所属系统", "条线")),
    Column(
        "awarding_body",
        "授予单位",
        ("颁发单位", "授予机关", "颁奖单位", "表彰单位", "发证单位", "授奖单位", "颁发机关"),
    ),
    Column(
        "awarded",
        "授予时间",
        (
            "获奖时间",
            "颁发时间",
            "表彰时间",
            "授予日期",
            "颁发日期",
            "获得时间",
            "获奖日期",
            "时间",
        ),
        is_date=True,
    ),
    Column("presented", "授牌时间", ("揭牌时间", "颁证时间", "挂牌时间", "授牌日期"), is_date=True),
    Column("recipients", "获得者", ("获奖者", "获奖对象", "获奖单位或个人", "受表彰者", "获奖人")),
    Column("document_number", "文号", ("发文字号", "文件号", "文件编号")),
    Column("valid_until", "有效期至", ("有效期", "有效期限", "到期日期", "到期时间"), is_date=True),
    Column("reevaluation_on", "复评日期", ("复评时间", "复核日期", "复审日期"), is_date=True),
    Column("rescinded", "是否撤销", ("已撤销", "撤销")),
    Column("rescinded_on", "撤销日期", ("撤销时间",), is_date=True),
    Column("open_list", "名单未尽", ("名单未完", "名单未列全")),
    Column("remark", "说明", ("备注", "附注")),
    Column("name_en", "英文名称", ("英文名", "荣誉英文名称")),
    Column("awarding_body_en", "授予单位英文名称", ("授予单位英文名",)),
    Column("remark_en", "英文说明", ("英文备注", "英文附注")),
)
#: The state of the honour, which an export writes and an import ignores.
STATUS = Column("status", "状态")
#: The result of the check, in the sheet that is returned to the user; an import ignores it.
FOUND = Column("found", "检查结果")
KNOWN_COLUMNS = (*COLUMNS, STATUS, FOUND)

#: Columns whose text is stored unchanged.
_TEXT_COLUMNS = (
    *("name", "awarding_body", "document_number", "remark"),
    *("name_en", "awarding_body_en", "remark_en"),
)
_HEADERS = {column.name: column.header.rstrip("*") for column in COLUMNS}

#: Examples for each column, which the import page shows.
EXAMPLES = {
    "name": "集体二等功",
    "kind": "称号、记功、表彰、排名",
    "levels": "国家级、省级、市级、区级、院级",
    "system": "法院、党委、政府、共青团、工会、妇联、文明办、其他",
    "awarding_body": "省法院",
    "awarded": "2018年，或：三年来",
    "presented": "7月8日",
    "recipients": "本院；部门:刑事审判庭；个人:某某；人数:20余名 干警",
    "document_number": "法〔2018〕12号",
    "valid_until": "2026-12-31",
    "reevaluation_on": "2026-09-30",
    "rescinded": "是、否",
    "rescinded_on": "2024-05-31",
    "open_list": "是、否",
    "remark": "500字以内",
    "name_en": "Collective Second-Class Merit",
    "awarding_body_en": "High People's Court of Heilongjiang Province",
    "remark_en": "800字以内",
}


@dataclass(slots=True)
class Entry:
    """A row of the sheet as content fields; ``fields`` may be incomplete if there are problems."""

    number: int
    fields: dict[str, Any]
    notes: list[Note] = field(default_factory=list)
    #: The names of the columns that the sheet has.
    present_columns: tuple[str, ...] = ()
    #: The reference of the cell with the name, such as "A3".
    name_cell: str = ""

    @property
    def problems(self) -> list[Note]:
        return [note for note in self.notes if not note.warning]

    @property
    def title(self) -> str:
        return self.fields.get("name") or ""


def read_rows(rows: Iterable[Row], court_names: Iterable[str] = ()) -> Iterator[Entry]:
    """Convert rows to entries; ``court_names`` are the names of this court in recipient cells."""
    blank = contents.empty_content(Honor)["fields"]
    readers = _readers(tuple(court_names))
    present: tuple[str, ...] | None = None
    for row in rows:
        if present is None:
            present = tuple(column.name for column in COLUMNS if row.cells[column.name].reference)
        yield _read_row(row, {**blank}, readers, present)


def _read_row(
    row: Row, fields: dict[str, Any], readers: Mapping[str, Callable], present: tuple[str, ...]
) -> Entry:
    entry = Entry(
        row.number, fields, present_columns=present, name_cell=row.cells["name"].reference
    )
    for name in present:
        cell = row.cells[name]
        if cell.problem:
            entry.notes.append(_note(name, cell, cell.problem))
            continue
        try:
            if cell.text or name == "kind":
                fields[name] = readers[name](cell.text)
        except ValidationError as error:
            entry.notes += [_note(name, cell, message) for message in error.messages]
        else:
            entry.notes += [
                _note(name, cell, text, True) for text in _ambiguities(name, cell, fields)
            ]
    if "rescinded_on" in present and fields["rescinded_on"] and not fields["rescinded"]:
        cell = row.cells["rescinded_on"]
        text = _("there is a day on which it was rescinded, but “%(column)s” does not say 是")
        warning = text % {"column": _HEADERS["rescinded"]}
        entry.notes.append(_note("rescinded_on", cell, warning, True))
    return entry


def _note(name: str, cell: Cell, text: str, warning: bool = False) -> Note:
    value = cells.excerpt(cell.text)
    if f"“{value}”" in text:
        value = ""
    return Note(text, warning, cell.reference, _HEADERS[name], value)


def _ambiguities(name: str, cell: Cell, fields: dict[str, Any]) -> Iterator[str]:
    """Yield warnings about a value that was accepted, but whose meaning is uncertain."""
    if name == "kind" and not cell.text:
        yield _("is empty, and is taken for 称号; write 记功, 表彰 or 排名 if that is meant")
    if name in {"awarded", "presented"} and fields[name]:
        value = SourceDate.from_canonical(fields[name])
        if not value.is_understood:
            yield _("is kept as printed, but was not understood as a date: lists can't place it")
        elif len(value.printed) == len("2018-03-01") and value.printed[4::3] == "--":
            yield (
                _(
                    "readers will see %(day)s, just so. If the source prints it otherwise "
                    "(2018年3月1日, 2018年3月), format the cell as text and write it as printed"
                )
                % {"day": value.printed}
            )


def _readers(court_names: tuple[str, ...]) -> dict[str, Callable[[str], Any]]:
    """Return for each column a function that converts a cell's text to the JSON value."""

    def text_of(name: str) -> Callable[[str], str]:
        max_length = contents.column(Honor, name).max_length
        return lambda text: cells.check_length(text, max_length)

    def printed(text: str) -> str | None:
        value = cells.read_printed_date(text)
        return value.canonical() if value else None

    def day(text: str) -> str | None:
        value = cells.read_day(text)
        return value.isoformat() if value else None

    rows_field: Any = contents.column(Honor, "recipients").formfield()
    return {
        **{name: text_of(name) for name in _TEXT_COLUMNS},
        "kind": lambda text: cells.read_kind(text) if text else Honor.Kind.TITLE.value,
        "levels": cells.read_levels,
        "system": cells.read_system,
        "awarded": printed,
        "presented": printed,
        "recipients": lambda text: rows_field.clean(
            recipient_cells.read_recipients(text, court_names)
        ),
        "valid_until": day,
        "reevaluation_on": day,
        "rescinded_on": day,
        "rescinded": cells.read_boolean,
        "open_list": cells.read_boolean,
    }


def cell_texts(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of a row's cells, from which the import reads the same ``fields`` again."""
    texts = {name: fields[name] or "" for name in _TEXT_COLUMNS}
    days = {name: fields[name] or "" for name in ("valid_until", "reevaluation_on", "rescinded_on")}
    answers = {name: cells.YES if fields[name] else cells.NO for name in ("rescinded", "open_list")}
    return {
        **texts,
        **days,
        **answers,
        "kind": cells.write_word(fields["kind"], cells.KINDS),
        "system": cells.write_word(fields["system"], cells.SYSTEMS),
        "levels": cells.write_levels(fields["levels"]),
        "recipients": recipient_cells.write_recipients(fields["recipients"]),
        **{
            name: cells.write_printed_date(_printed_date(fields[name]))
            for name in ("awarded", "presented")
        },
    }


def _printed_date(canonical: str | None) -> SourceDate | None:
    return SourceDate.from_canonical(canonical) if canonical else None


def differing_columns(entry: Entry, fields: Mapping[str, Any]) -> list[str]:
    """Return the headers of the columns in which an entry differs from the content ``fields``."""
    one, other = cell_texts(entry.fields), cell_texts(fields)
    return [
        _HEADERS[name]
        for name in entry.present_columns
        if _normalised(one[name]) != _normalised(other[name])
    ]


def _normalised(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())
