"""The form widget without JavaScript: printed text, description, parts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from django import forms
from django.http import QueryDict
from django.utils import translation
from hypothesis import given, settings

from portal.source_values.dates import Precision, SourceDate, parse_date
from portal.source_values.forms import QuantityFormField, RankFormField, SourceDateFormField
from portal.source_values.quantities import Comparator, Quantity, parse_quantity
from portal.source_values.ranks import Rank, parse_rank
from tests.workload import workload

from .strategies import dates, quantities, ranks

THEN = date(2021, 7, 8)
CEREMONY = SourceDate("7月8日", Precision.DAY_WITHOUT_YEAR, THEN, THEN, inferred=True)


class Page(HTMLParser):
    """The data that a browser submits for an unchanged form, and the labels of its inputs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.visible: set[str] = set()
        self.attrs: dict[str, dict] = {}
        self.outputs: list[str] = []
        self._select = ""
        self._output = False
        self.open = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        attributes = dict(attrs)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "label":
            self.labelled.add(attributes["for"])
        if tag == "details":
            self.open = "open" in attributes
        if tag in {"input", "select"}:
            self.attrs[attributes["name"]] = attributes
            if attributes.get("type") != "hidden":
                self.visible.add(attributes["id"])
        if tag == "input" and (attributes.get("type") != "checkbox" or "checked" in attributes):
            default = "on" if attributes.get("type") == "checkbox" else ""
            self.sent.append((attributes["name"], attributes.get("value", default)))
        self._select = attributes["name"] if tag == "select" else self._select
        if tag == "option" and "selected" in attributes:
            self.sent.append((self._select, attributes["value"]))
        self._output = tag == "output"

    def handle_data(self, data: str) -> None:
        if self._output:
            self.outputs.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._output = False

    @property
    def posted(self) -> QueryDict:
        data = QueryDict(mutable=True)
        for name, value in self.sent:
            data.appendlist(name, value)
        return data


class SampleForm(forms.Form):
    when = SourceDateFormField(label="When", required=False)
    figure = QuantityFormField(label="Figure", required=False, help_text="As the source has it.")
    rank = RankFormField(label="Rank", required=False)


def posted(**fields: str) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in fields.items():
        data[name] = value
    return data


def cleaned(name: str, **fields: str) -> Any:
    form = SampleForm(posted(**fields))
    assert form.is_valid(), form.errors
    return form.cleaned_data[name]


def errors(name: str, **fields: str) -> list[str]:
    form = SampleForm(posted(**fields))
    with translation.override("en"):
        assert set(form.errors) == {name}
        return list(form.errors[name])


def test_printed_text_is_parsed() -> None:
    assert cleaned("when", when="2018年") == parse_date("2018年")
    assert cleaned("figure", figure=" 20余名 ") == parse_quantity("20余名")
    assert cleaned("rank", rank="全省前十名") == parse_rank("全省前十名")
    assert cleaned("figure", figure="三分之一") == parse_quantity("三分之一")


def test_parts_are_ignored_without_the_tick() -> None:
    read = cleaned(
        "figure", figure="5件", figure_comparator="odd", figure_value="x", figure_unit="人"
    )
    assert read == parse_quantity("5件")


def test_blank_text_is_none() -> None:
    assert cleaned("figure", figure=" \u200b", figure_own="on", figure_value="5") is None
    assert cleaned("when") is None
    required = QuantityFormField()
    with pytest.raises(forms.ValidationError):
        required.clean(["", False, "", "unknown", "", "", ""])


def test_editor_states_the_meaning() -> None:
    value = cleaned(
        "when",
        when="7月8日",
        when_own="on",
        when_precision="day_without_year",
        when_earliest="2021-07-08",
        when_latest="2021-07-08",
        when_inferred="on",
    )
    assert value == CEREMONY
    third = cleaned(
        "figure",
        figure="三分之一",
        figure_own="on",
        figure_comparator="about",
        figure_value="33.3",
        figure_unit="%",
    )
    assert third == Quantity("三分之一", Comparator.ABOUT, Decimal("33.3"), None, "%")
    assert cleaned("rank", rank="倒数第二", rank_own="on", rank_words="倒数第二") == Rank(
        "倒数第二", words="倒数第二"
    )
    # If an editor states the same meaning as the parser, the meaning counts as automatic.
    same = cleaned(
        "figure", figure="5件", figure_own="on", figure_comparator="exact", figure_value="5",
        figure_unit="件",
    )  # fmt: skip
    assert same.is_automatic
    # An editor may state that a text has no meaning.
    assert not cleaned("figure", figure="5件", figure_own="on").is_understood


def test_error_messages() -> None:
    own = {"figure": "5件", "figure_own": "on"}
    assert errors("figure", **own, figure_comparator="exact") == ["The number is missing."]
    assert errors(
        "figure", **own, figure_comparator="between", figure_value="5", figure_upper="4"
    ) == ["The upper bound is below the number."]
    assert errors("figure", **own, figure_comparator="exact", figure_value="five") == [
        "Number: Enter a number."
    ]
    assert errors("figure", **own, figure_comparator="many", figure_value="5") == [
        "How to take the number: Select a valid choice. many is not one of the available choices."
    ]
    assert errors("figure", figure="x" * 201) == ["What is printed has at most 200 characters."]
    assert errors(
        "when", when="x", when_own="on", when_precision="period", when_earliest="2019-01-02",
        when_latest="2019-01-01",
    ) == ["The earliest day is after the latest day."]  # fmt: skip
    assert errors("when", when="x", when_own="on", when_earliest="2019-02-30") == [
        "Earliest day: Enter a valid date."
    ]
    assert errors("rank", rank="x", rank_own="on", rank_place="0") == [
        "Counts and places are whole numbers from 1 to 1000000."
    ]


def rendered(**values: Any) -> Page:
    with translation.override("en"):
        return Page(str(SampleForm(initial=values)))


def test_labels_ids_and_description() -> None:
    page = rendered(when=CEREMONY, figure=parse_quantity("20余名"), rank=parse_rank("倒数第二"))
    assert page.visible == page.labelled
    assert len(page.ids) == len(set(page.ids))
    assert page.outputs == [
        "2021-07-08, the year is inferred",
        "more than 20, fewer than 30 (名)",
        "not understood; kept as printed",
    ]
    assert page.attrs["figure"]["aria-describedby"] == "id_figure_helptext id_figure_reading"
    assert {
        name for name, attributes in page.attrs.items() if "aria-describedby" in attributes
    } == {
        "when",
        "figure",
        "rank",
    }


def test_only_the_printed_text_is_required() -> None:
    class Required(forms.Form):
        figure = QuantityFormField()

    page = Page(str(Required()))
    assert {name for name, attributes in page.attrs.items() if "required" in attributes} == {
        "figure"
    }


@pytest.mark.parametrize(
    ("value", "ticked"),
    [(None, False), (parse_date("7月8日"), False), (parse_date("日前"), False), (CEREMONY, True)],
)
def test_stated_meaning_is_ticked(value: SourceDate | None, ticked: bool) -> None:
    html = str(SampleForm(initial={"when": value})["when"])
    page = Page(html)
    assert ("checked" in page.attrs["when_own"], page.open) == (ticked, ticked)


@settings(max_examples=workload(2_000, 150))
@given(dates(), quantities(), ranks())
def test_unchanged_form_changes_nothing(when: Any, figure: Any, rank: Any) -> None:
    initial = {"when": when, "figure": figure, "rank": rank}
    initial = {name: value for name, value in initial.items() if value.printed}
    page = Page(str(SampleForm(initial=initial)))
    form = SampleForm(page.posted, initial=initial)
    assert form.is_valid(), form.errors
    assert {name: v for name, v in form.cleaned_data.items() if v is not None} == initial
    assert form.changed_data == []
    # A form that is displayed again because of an error submits the same data.
    assert Page(str(form)).sent == page.sent


def test_default_unit() -> None:
    class Percent(forms.Form):
        figure = QuantityFormField(unit="%")

    assert Page(str(Percent())).attrs["figure_default_unit"]["value"] == "%"
    data = Page(str(Percent())).posted
    data["figure"] = "98.65"
    form = Percent(data)
    assert form.is_valid()
    assert form.cleaned_data["figure"] == parse_quantity("98.65", "%")
    # A value that was stored without a unit does not change when the form is submitted.
    stored = {"figure": parse_quantity("98.65")}
    form = Percent(Page(str(Percent(initial=stored))).posted, initial=stored)
    assert form.changed_data == []
    later = Percent()
    later.fields["figure"].unit = "件"
    assert Page(str(later)).attrs["figure_default_unit"]["value"] == "件"
    assert Percent().fields["figure"].unit == "%"


def test_has_changed_compares_values() -> None:
    before = {"figure": parse_quantity("5件")}
    assert SampleForm(posted(figure=" 5件\u200b"), initial=before).changed_data == []
    assert SampleForm(posted(figure="6件"), initial=before).changed_data == ["figure"]
    assert SampleForm(posted(figure=""), initial=before).changed_data == ["figure"]
    wrong = posted(figure="5件", figure_own="on", figure_value="x")
    assert SampleForm(wrong, initial=before).changed_data == ["figure"]


def test_invalid_input_is_displayed_again() -> None:
    form = SampleForm(posted(figure="5件", figure_own="on", figure_value="five"))
    assert not form.is_valid()
    page = Page(str(form["figure"]))
    assert page.attrs["figure"]["value"] == "5件"
    assert page.attrs["figure_value"]["value"] == "five"
    assert "checked" in page.attrs["figure_own"]
    assert page.open
    assert page.outputs == []


def test_values_are_escaped() -> None:
    html = str(SampleForm(initial={"figure": parse_quantity('<b>"&', '"><i>')}))
    assert "<b>" not in html
    assert "<i>" not in html


def test_form_media_have_script_and_style_sheet() -> None:
    assert SampleForm().media.render_js() == [
        '<script src="/static/js/admin/source-values.js" type="module"></script>'
    ]
    assert list(SampleForm().media.render_css()) == [
        '<link href="/static/css/admin-source-values.css" media="all" rel="stylesheet">'
    ]


@pytest.fixture
def model_form(sample: Any) -> Any:
    return forms.modelform_factory(sample, fields=["when", "figure", "rank"])


@pytest.mark.django_db
@settings(max_examples=workload(500, 40))
@given(dates(), quantities(), ranks())
def test_model_form_round_trip(model_form: Any, when: Any, figure: Any, rank: Any) -> None:
    sample = model_form._meta.model
    row = sample.objects.create(when=when, figure=figure, rank=rank)
    before = sample.objects.values().get(pk=row.pk)
    form = model_form(Page(str(model_form(instance=row))).posted, instance=row)
    assert form.is_valid(), form.errors
    assert form.changed_data == []
    form.save()
    assert sample.objects.values().get(pk=row.pk) == before


@pytest.mark.django_db
def test_stated_meaning_is_stored(model_form: Any) -> None:
    sample = model_form._meta.model
    data = posted(
        figure="三分之一", figure_own="on", figure_comparator="about", figure_value="33.3"
    )
    row = model_form(data).save()
    assert sample.objects.get().figure_sort == Decimal("33.3")
    page = Page(str(model_form(instance=sample.objects.get())))
    assert "checked" in page.attrs["figure_own"]
    # If the editor removes the tick, the text is parsed again.
    data = page.posted
    del data["figure_own"]
    model_form(data, instance=row).save()
    again = sample.objects.get()
    assert (again.figure, again.figure_sort) == (parse_quantity("三分之一"), None)


@pytest.mark.django_db
def test_value_omitted_from_data(sample: Any) -> None:
    widget = sample._meta.get_field("figure").formfield().widget
    assert widget.value_omitted_from_data({"figure_own": "on"}, {}, "figure")
    assert not widget.value_omitted_from_data({"figure": ""}, {}, "figure")


def test_plain_text_input_is_parsed() -> None:
    class Hidden(forms.Form):
        figure = QuantityFormField()

    html = Hidden(initial={"figure": parse_quantity("5件")})["figure"].as_hidden()
    assert 'value="5件"' in html
    assert QuantityFormField().clean("5件") == parse_quantity("5件")
    page = Page(str(SampleForm(initial={"figure": "5件"})["figure"]))
    assert page.outputs == [parse_quantity("5件").describe()]
