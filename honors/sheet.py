"""The honours sheet: one layout for import, export and the empty template."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from portal.interchange.tables import Cell, Column, Row
from portal.publishing import content as contents
from portal.source_values.dates import SourceDate

from . import cells
from .models import Honor

#: The columns of the template. All may be missing from a sheet but the name.
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
#: Where an entry stands; written by an export, passed over by an import.
STATUS = Column("status", "状态")
#: What an import found; in the sheet that is handed back, passed over when it returns.
FOUND = Column("found", "检查结果")
READ = (*COLUMNS, STATUS, FOUND)

#: What is kept as it is written.
_TEXTS = (
    *("name", "awarding_body", "document_number", "remark"),
    *("name_en", "awarding_body_en", "remark_en"),
)
_HEADERS = {column.name: column.header.rstrip("*") for column in COLUMNS}

#: For the page beside the template: what may stand in each column.
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


@dataclass(frozen=True, slots=True)
class Note:
    """Something about one cell. A warning does not keep the row from being imported."""

    place: str
    column: str
    value: str
    text: str
    warning: bool = False

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Entry:
    """A row as it was understood; ``fields`` is whole only where there are no problems."""

    number: int
    fields: dict[str, Any]
    notes: list[Note] = field(default_factory=list)
    #: The columns that the sheet has.
    given: tuple[str, ...] = ()
    #: The cell of the name.
    name_at: str = ""

    @property
    def problems(self) -> list[Note]:
        return [note for note in self.notes if not note.warning]

    @property
    def title(self) -> str:
        return self.fields.get("name") or ""


def read(rows: Iterable[Row], own_names: Iterable[str] = ()) -> Iterator[Entry]:
    """What the rows say. ``own_names``: see ``cells.read_recipients``."""
    names = tuple(own_names)
    blank = contents.empty_content(Honor)["fields"]
    readers = _readers(names)
    given: tuple[str, ...] | None = None
    for row in rows:
        if given is None:
            given = tuple(column.name for column in COLUMNS if row.cells[column.name].place)
        yield _read_row(row, {**blank}, readers, given)


def _read_row(
    row: Row, fields: dict[str, Any], readers: Mapping[str, Callable], given: tuple[str, ...]
) -> Entry:
    entry = Entry(row.number, fields, given=given, name_at=row.cells["name"].place)
    for name in given:
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
            entry.notes += [_note(name, cell, text, True) for text in _doubts(name, cell, fields)]
    if "rescinded_on" in given and fields["rescinded_on"] and not fields["rescinded"]:
        cell = row.cells["rescinded_on"]
        text = _("there is a day on which it was rescinded, but “%(column)s” does not say 是")
        warning = text % {"column": _HEADERS["rescinded"]}
        entry.notes.append(_note("rescinded_on", cell, warning, True))
    return entry


def _note(name: str, cell: Cell, text: str, warning: bool = False) -> Note:
    value = cells.quoted(cell.text)
    return Note(cell.place, _HEADERS[name], "" if f"“{value}”" in text else value, text, warning)


def _doubts(name: str, cell: Cell, fields: dict[str, Any]) -> Iterator[str]:
    """What was taken as it stands, though it may be meant otherwise."""
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


def _readers(own_names: tuple[str, ...]) -> dict[str, Callable[[str], Any]]:
    """For each column: from the text of its cell to the value as JSON keeps it."""

    def text_of(name: str) -> Callable[[str], str]:
        most = contents.column(Honor, name).max_length
        return lambda text: cells.check_length(text, most)

    def printed(text: str) -> str | None:
        value = cells.read_printed(text)
        return value.canonical() if value else None

    def day(text: str) -> str | None:
        value = cells.read_day(text)
        return value.isoformat() if value else None

    rows_field: Any = contents.column(Honor, "recipients").formfield()
    return {
        **{name: text_of(name) for name in _TEXTS},
        "kind": lambda text: cells.read_kind(text) if text else Honor.Kind.TITLE.value,
        "levels": cells.read_levels,
        "system": cells.read_system,
        "awarded": printed,
        "presented": printed,
        "recipients": lambda text: rows_field.clean(cells.read_recipients(text, own_names)),
        "valid_until": day,
        "reevaluation_on": day,
        "rescinded_on": day,
        "rescinded": cells.read_answer,
        "open_list": cells.read_answer,
    }


def written(fields: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a row's cells; reading them gives ``fields`` back."""
    texts = {name: fields[name] or "" for name in _TEXTS}
    days = {name: fields[name] or "" for name in ("valid_until", "reevaluation_on", "rescinded_on")}
    answers = {name: cells.YES if fields[name] else cells.NO for name in ("rescinded", "open_list")}
    return {
        **texts,
        **days,
        **answers,
        "kind": cells.write_word(fields["kind"], cells.KINDS),
        "system": cells.write_word(fields["system"], cells.SYSTEMS),
        "levels": cells.write_levels(fields["levels"]),
        "recipients": cells.write_recipients(fields["recipients"]),
        **{name: cells.write_printed(_printed(fields[name])) for name in ("awarded", "presented")},
    }


def _printed(canonical: str | None) -> SourceDate | None:
    return SourceDate.from_canonical(canonical) if canonical else None


def differing(entry: Entry, fields: Mapping[str, Any]) -> list[str]:
    """The headers of the columns in which a row says otherwise than these fields."""
    one, other = written(entry.fields), written(fields)
    return [_HEADERS[name] for name in entry.given if _bare(one[name]) != _bare(other[name])]


def _bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())
