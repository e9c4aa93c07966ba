"""Rows stored as JSON in one column (``RowsField``): form, column and validation."""

import re

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from honors.models import Honor
from honors.recipients import RecipientRow
from portal.publishing.fields import MAX_ROWS, RowsField, RowsFormField

ROWS = [
    {"kind": "court", "name": "", "count": ""},
    {"kind": "group", "name": "干警", "count": "20余名"},
]


class PageForm(forms.Form):
    recipients = RowsFormField(row=RecipientRow, required=False)


def posted(rows: list[dict[str, str]], count: str | None = None) -> QueryDict:
    data = QueryDict(mutable=True)
    data["recipients-rows"] = str(len(rows)) if count is None else count
    for number, row in enumerate(rows):
        for key, text in row.items():
            data[f"recipients-{number}-{key}"] = text
    return data


def test_a_rendered_form_posts_back_its_rows() -> None:
    page = str(PageForm(initial={"recipients": ROWS})["recipients"])
    # The widget shows the stored rows, an empty row, and the row of the ``template`` element.
    assert len(re.findall(r"data-row(?!s)", page)) == len(ROWS) + 2
    form = PageForm(posted([*ROWS, {"kind": "", "name": "", "count": ""}]))
    assert form.is_valid()
    assert form.cleaned_data["recipients"] == ROWS


def test_an_emptied_row_is_removed() -> None:
    form = PageForm(posted([{"kind": "", "name": " ", "count": ""}, ROWS[1]]))
    assert form.is_valid()
    assert form.cleaned_data["recipients"] == [ROWS[1]]


def test_an_error_names_its_row() -> None:
    form = PageForm(posted([ROWS[0], {"kind": "person", "name": "", "count": ""}]))
    assert not form.is_valid()
    assert form.errors["recipients"] == ["第2行“名称”：请写名称或姓名。"]
    assert form["recipients"].value() == [ROWS[0], {"kind": "person", "name": "", "count": ""}]


@pytest.mark.parametrize("count", ["x", "-1", "", "99999999999999999999"])
def test_a_wrong_row_count_raises_no_exception(count: str) -> None:
    form = PageForm(posted(ROWS, count))
    assert form.is_valid() or form.errors


def test_too_many_rows_are_refused() -> None:
    form = PageForm(posted([ROWS[0]] * (MAX_ROWS + 5)))
    assert not form.is_valid()


@pytest.mark.parametrize("value", ["{", "7", [1], [["a"]]])
def test_malformed_json_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        RowsField(row=RecipientRow).to_python(value)


def test_unknown_keys_are_dropped_and_missing_ones_added() -> None:
    field = RowsField(row=RecipientRow)
    old = [{"kind": "court", "gone": "x"}, {"kind": "", "name": "", "count": ""}]
    assert field.to_python(old) == [{"kind": "court", "name": "", "count": ""}]
    assert field.to_python(None) == []


def test_rows_are_displayed_as_text() -> None:
    field = Honor._meta.get_field("recipients")
    assert field.display_value(ROWS) == "本院\n未具名人员　干警　20余名"


@pytest.mark.django_db
def test_rows_are_stored_unchanged() -> None:
    row = Honor.objects.create(recipients=ROWS)
    assert Honor.objects.get(pk=row.pk).recipients == ROWS
