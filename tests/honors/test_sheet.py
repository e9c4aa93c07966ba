"""Cells of the sheet: written values are read back unchanged, and common notations are accepted."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from hypothesis import given, reject
from hypothesis import strategies as st

from honors import cells, importing, recipient_cells, sheet
from honors.admin import HonorAdmin
from honors.fields import Level
from honors.models import Honor, duplicate_key
from portal.interchange.tables import Cell, Row
from portal.publishing import content as contents
from portal.source_values.dates import WITHOUT_YEAR, Precision, SourceDate, month_bounds, parse_date

from .build import MERIT, NAMES, csv, xlsx

#: Characters that the edit form accepts.
CHARACTERS = st.characters(categories=["L", "N", "P", "S", "Zs"])
SEPARATORS = st.sampled_from(list("；;:：\"'、，, 计本院部门个人数〔〕至推定=+-@\n"))


def text_up_to(max_length: int, min_length: int = 0) -> st.SearchStrategy[str]:
    text = st.text(CHARACTERS | SEPARATORS, min_size=min_length, max_size=max_length)
    return text.map(str.strip).filter(lambda text: min_length <= len(text) <= max_length)


DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))


@st.composite
def printed_dates(draw: Any) -> SourceDate | None:
    printed = draw(
        st.sampled_from(
            ["2018年", "三年来", "7月8日", "近日", "2018-03-01", "7月8日〔日：2018-07-08〕"]
        )
        | text_up_to(200, 1)
    )
    if draw(st.booleans()):
        return parse_date(printed) if parse_date(printed).printed else None
    precision = draw(st.sampled_from(list(Precision)))
    first, last = sorted([draw(DAYS), draw(DAYS)])
    match precision:
        case Precision.DAY | Precision.DAY_WITHOUT_YEAR:
            days: Any = (first, first)
        case Precision.MONTH | Precision.MONTH_WITHOUT_YEAR:
            days = month_bounds(first.year, first.month)
        case Precision.YEAR:
            days = (date(first.year, 1, 1), date(first.year, 12, 31))
        case Precision.PERIOD:
            days = draw(st.sampled_from([(first, last), (first, None), (None, last), (None, None)]))
        case _:
            days = (None, None)
    inferred = bool(any(days)) and (precision in WITHOUT_YEAR or draw(st.booleans()))
    try:
        value = SourceDate(printed, precision, days[0], days[1], inferred)
    except ValueError:  # the text is a date that contradicts the generated days
        reject()
    return value if value.printed else None


RECIPIENTS = st.builds(
    lambda kind, name, count: {"kind": kind, "name": name, "count": count},
    st.sampled_from(["court", "department", "person", "group"]),
    text_up_to(60),
    text_up_to(30),
).filter(
    lambda row: (
        (row["name"] or row["kind"] in {"court", "group"})
        and (row["count"] or row["kind"] != "group")
    )
)


def day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def canonical(value: SourceDate | None) -> str | None:
    return value.canonical() if value else None


FIELDS = st.fixed_dictionaries(
    {
        "name": text_up_to(120),
        "kind": st.sampled_from(Honor.Kind.values),
        "levels": st.sets(st.sampled_from(Level.values)).map(
            lambda some: ",".join(level for level in Level.values if level in some)
        ),
        "system": st.sampled_from(["", *Honor.System.values]),
        "awarding_body": text_up_to(100),
        "awarded": printed_dates().map(canonical),
        "presented": printed_dates().map(canonical),
        "recipients": st.lists(RECIPIENTS, max_size=4),
        "document_number": text_up_to(60),
        "valid_until": (st.none() | DAYS).map(day),
        "reevaluation_on": (st.none() | DAYS).map(day),
        "rescinded": st.booleans(),
        "rescinded_on": (st.none() | DAYS).map(day),
        "open_list": st.booleans(),
        "remark": text_up_to(500),
        "name_en": text_up_to(200),
        "awarding_body_en": text_up_to(150),
        "remark_en": text_up_to(800),
    }
)


def row_of(texts: dict[str, str], number: int = 2) -> Row:
    found = {name: Cell(text, f"{'ABCDEFGHIJKLMNOPQR'[i]}{number}") for i, (name, text) in
             enumerate((name, texts.get(name, "")) for name in NAMES)}  # fmt: skip
    return Row(number, found)


def read_one(texts: dict[str, str], court_names: tuple[str, ...] = ()) -> sheet.Entry:
    return next(sheet.read_rows([row_of(texts)], court_names))


@given(FIELDS)
def test_any_content_reads_back(fields: dict[str, Any]) -> None:
    entry = read_one(sheet.cell_texts(fields))
    assert entry.problems == []
    assert entry.fields == fields
    assert sheet.differing_columns(entry, fields) == []


@given(st.lists(FIELDS, min_size=1, max_size=3))
def test_any_content_reads_back_from_a_file(many: list[dict[str, Any]]) -> None:
    """The comparison ignores whitespace, which the reader of a file normalises."""
    table = [sheet.cell_texts(fields) for fields in many]
    if any(len(text) > 1_900 for texts in table for text in texts.values()):
        return
    for data in (xlsx(table), csv(table)):
        entries = list(sheet.read_rows(importing.read_sheet(data)))
        assert [entry.problems for entry in entries] == [[] for _fields in many]
        for entry, fields in zip(entries, many, strict=True):
            assert sheet.differing_columns(entry, fields) == []


def test_the_columns_of_the_sheet_match_the_model() -> None:
    assert {*NAMES} == {*Honor.content_fields}
    assert {*sheet.EXAMPLES} == {*NAMES}
    assert {*cells.KINDS} == {*Honor.Kind.values}
    assert {*cells.SYSTEMS} == {*Honor.System.values}
    headers = [
        _folded(name) for column in sheet.KNOWN_COLUMNS for name in (column.header, *column.aliases)
    ]
    assert len(headers) == len(set(headers))


def _folded(text: str) -> str:
    return text.strip("*")


COURT_NAMES = ("鸡西市梨树区人民法院", "梨树区法院")


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("国家级", "national"),
        ("全国", "national"),
        ("省级", "provincial"),
        ("省、市级", "provincial,municipal"),
        ("省市级", "provincial,municipal"),
        ("市级，省级", "provincial,municipal"),
        ("国家级/区级", "national,district"),
        ("区 县级", "district"),
        ("院级", "court"),
        ("", ""),
    ],
)
def test_levels_are_read(text: str, levels: str) -> None:
    assert cells.read_levels(text) == levels


COURT = {"kind": "court", "name": "", "count": ""}


@pytest.mark.parametrize(
    ("text", "recipients"),
    [
        ("本院", [COURT]),
        ("我院", [COURT]),
        ("集体", [COURT]),
        ("梨树区法院", [COURT]),
        ("梨树区人民法院", [COURT]),
        ("鸡西市梨树区人民法院", [COURT]),
        ("黑龙江省鸡西市梨树区人民法院", [COURT]),
        ("本院:梨树区法院", [{**COURT, "name": "梨树区法院"}]),
        ("部门：刑事审判庭", [{"kind": "department", "name": "刑事审判庭", "count": ""}]),
        (
            "个人:张某、李某",
            [{"kind": "person", "name": name, "count": ""} for name in ("张某", "李某")],
        ),
        ("人数:20余名 干警", [{"kind": "group", "name": "干警", "count": "20余名"}]),
        ("人数：20余名干警", [{"kind": "group", "name": "干警", "count": "20余名"}]),
        (
            "本院；个人:张某;\n部门:执行局",
            [
                COURT,
                {"kind": "person", "name": "张某", "count": ""},
                {"kind": "department", "name": "执行局", "count": ""},
            ],
        ),
        ("", []),
    ],
)
def test_recipients_are_read(text: str, recipients: list[dict[str, str]]) -> None:
    assert recipient_cells.read_recipients(text, COURT_NAMES) == recipients


@pytest.mark.parametrize(
    "text", ["张某", "刑事审判庭", "20余名干警", "滴道区人民法院", "集体:刑庭", "人民法院报社:张某"]
)
def test_an_unclear_recipient_raises(text: str) -> None:
    with pytest.raises(ValidationError):
        recipient_cells.read_recipients(text, COURT_NAMES)


@pytest.mark.parametrize(
    "text",
    ["2024-05-31", "2024/5/31", "2024.5.31", "2024年5月31日", "20240531", "二〇二四年五月三十一日"],
)
def test_days_are_read(text: str) -> None:
    assert cells.read_day(text) == date(2024, 5, 31)


@pytest.mark.parametrize("text", ["2024年", "长期", "2024-02-30", "5月31日", "三年来", "45000"])
def test_an_unclear_day_raises(text: str) -> None:
    with pytest.raises(ValidationError):
        cells.read_day(text)


def test_an_unclear_award_date_is_kept_with_a_warning() -> None:
    entry = read_one({**MERIT, "awarded": "建院以来"})
    assert entry.problems == []
    assert [(note.cell, note.warning) for note in entry.notes] == [("F2", True)]
    assert SourceDate.from_canonical(entry.fields["awarded"]) == SourceDate(
        "建院以来", Precision.UNKNOWN
    )


@pytest.mark.django_db
@given(
    st.fixed_dictionaries(
        {
            "name": text_up_to(130),
            "awarding_body": text_up_to(110),
            "document_number": text_up_to(70),
            "remark": text_up_to(510),
            "name_en": text_up_to(210),
            "awarding_body_en": text_up_to(160),
            "remark_en": text_up_to(810),
            "awarded": text_up_to(210),
            "recipients": st.lists(
                st.builds(
                    lambda kind, name, count: {"kind": kind, "name": name, "count": count},
                    st.sampled_from(["court", "department", "person", "group"]),
                    text_up_to(70),
                    text_up_to(40),
                ),
                max_size=2,
            ),
        }
    )
)
def test_the_sheet_and_the_edit_form_accept_the_same_values(values: dict[str, Any]) -> None:
    model_admin = admin.site.get_model_admin(Honor)
    assert isinstance(model_admin, HonorAdmin)
    form_class = model_admin.get_content_form(RequestFactory().get("/"))
    recipients = values["recipients"]
    posted = {
        **{name: values[name] for name in values if name != "recipients"},
        "kind": "title",
        "recipients-rows": str(len(recipients)),
        **{
            f"recipients-{number}-{key}": text
            for number, row in enumerate(recipients)
            for key, text in row.items()
        },
    }
    form = form_class(posted, instance=Honor())
    blank = contents.empty_content(Honor)["fields"]
    texts = {
        **sheet.cell_texts({**blank, "recipients": recipients}),
        **{name: values[name] for name in sheet._TEXT_COLUMNS},
        "awarded": values["awarded"],
    }
    entry = read_one(texts)
    sheet_columns = {note.column for note in entry.problems}
    labels = {column.name: column.header.rstrip("*") for column in sheet.COLUMNS}
    form_columns = {labels[name] for name in form.errors}
    # The sheet has a notation in 〔〕 for the meaning of a date; the form has separate inputs for
    # it.
    if "〔" in values["awarded"]:
        form_columns, sheet_columns = (
            form_columns - {labels["awarded"]},
            sheet_columns - {labels["awarded"]},
        )
    assert sheet_columns == form_columns
    if not form.errors and "〔" not in values["awarded"]:
        saved = contents.from_instance(form.instance, pictures=(), files=(), references=())
        assert duplicate_key(saved["fields"]) == duplicate_key(entry.fields)
