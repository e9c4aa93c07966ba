"""The model fields: storage, companion columns, ordering in the database, system checks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.forms.models import model_to_dict
from django.test.utils import isolate_apps
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.source_values import fields
from portal.source_values.dates import Precision, SourceDate, parse_date
from portal.source_values.fields import DECIMAL, QuantityField, RankField, SourceDateField
from portal.source_values.quantities import Comparator, Quantity, parse_quantity
from portal.source_values.ranks import parse_rank
from tests.workload import workload

from .strategies import dates, quantities, ranks

pytestmark = pytest.mark.django_db

THEN = date(2021, 7, 8)
CEREMONY = SourceDate("7月8日", Precision.DAY_WITHOUT_YEAR, THEN, THEN, inferred=True)


def stored(row: Any, column: str) -> Any:
    with connection.cursor() as cursor:
        table = row._meta.db_table
        cursor.execute(f'SELECT "{column}" FROM "{table}" WHERE id = %s', [row.pk])
        return cursor.fetchone()[0]


def test_database_round_trip_with_companions(sample: Any) -> None:
    row = sample.objects.create(
        when=CEREMONY, figure=parse_quantity("20余名"), rank=parse_rank("全省前十名")
    )
    assert stored(row, "when") == CEREMONY.canonical()
    assert (row.when_from, row.when_sort) == (THEN, THEN)
    again = sample.objects.get()
    assert (again.when, again.figure, again.rank) == (row.when, row.figure, row.rank)
    assert (again.when_from, again.when_sort, again.rank_sort) == (THEN, THEN, 10)
    assert (again.figure_low, again.figure_high) == (Decimal(20), Decimal(30))
    assert (again.figure_comparator, again.figure_is_automatic) == ("odd", True)
    assert sample.objects.get(figure=row.figure) == row


def test_empty_value_is_none(sample: Any) -> None:
    row = sample.objects.create(figure=parse_quantity("5件"))
    row.figure = None
    row.save()
    again = sample.objects.get(figure__isnull=True)
    assert {getattr(again, field.attname) for field in again._meta.fields[1:]} == {None}
    assert stored(row, "figure") is None
    # A blank text is stored as NULL.
    row.figure = parse_quantity("  ")
    row.save()
    assert row.figure is None
    assert stored(row, "figure") is None


def test_canonical_text_is_accepted(sample: Any) -> None:
    row = sample(figure=parse_quantity("5件").canonical())
    row.save()
    assert row.figure == parse_quantity("5件")
    assert row.figure_sort == 5
    for wrong in ("5件", "{}", 5, CEREMONY):
        with pytest.raises(ValidationError):
            sample(figure=wrong).save()


def test_bulk_create_fills_companions(sample: Any) -> None:
    figures = ["百余篇", "5177件", "超过100%", "不足5件", "98.65", "-3.5%", "三分之一", "1.2万件"]
    sample.objects.bulk_create([sample(figure=parse_quantity(text)) for text in figures])
    rows = sample.objects.filter(figure_sort__isnull=False).order_by("figure_sort", "pk")
    assert [str(row.figure) for row in rows] == [
        *("-3.5%", "不足5件", "98.65", "百余篇", "超过100%", "5177件", "1.2万件"),
    ]
    assert [str(row.figure) for row in sample.objects.filter(figure_low__gt=100)] == [
        *("5177件", "1.2万件"),
    ]
    assert [str(row.figure) for row in sample.objects.filter(figure_high__lt=Decimal("98.66"))] == [
        *("不足5件", "98.65", "-3.5%"),
    ]


@settings(max_examples=workload(1_000, 60))
@given(st.lists(quantities(), max_size=8))
def test_database_order_of_quantities(sample: Any, found: list[Quantity]) -> None:
    sample.objects.all().delete()
    found = [value for value in found if value.printed]
    sample.objects.bulk_create([sample(figure=value) for value in found])
    rows = list(sample.objects.filter(figure_sort__isnull=False).order_by("figure_sort"))
    sorts = [row.figure.sort for row in rows]
    assert sorts == sorted(value.sort for value in found if value.sort is not None)
    assert [row.figure_sort for row in rows] == sorts
    for value in found:
        if value.sort is not None:
            same = sample.objects.filter(figure_sort=value.sort).count()
            above = sample.objects.filter(figure_sort__gt=value.sort).count()
            assert (same, above) == (
                sorts.count(value.sort),
                sum(sort > value.sort for sort in sorts),
            )


@settings(max_examples=workload(1_000, 60))
@given(st.lists(dates(), max_size=8), st.lists(ranks(), max_size=8))
def test_database_order_of_dates_and_ranks(sample: Any, days: list, places: list) -> None:
    sample.objects.all().delete()
    sample.objects.bulk_create([sample(when=value) for value in days])
    sample.objects.bulk_create([sample(rank=value) for value in places])
    for name, found in (("when", days), ("rank", places)):
        rows = sample.objects.filter(**{f"{name}_sort__isnull": False}).order_by(f"{name}_sort")
        assert [getattr(row, name).sort for row in rows] == sorted(
            value.sort for value in found if value.printed and value.sort is not None
        )


@settings(max_examples=workload(1_000, 60))
@given(dates() | quantities() | ranks())
def test_database_round_trip_of_any_value(sample: Any, value: Any) -> None:
    name = {SourceDate: "when", Quantity: "figure"}.get(type(value), "rank")
    row = sample.objects.create(**{name: value})
    assert getattr(sample.objects.get(pk=row.pk), name) == (value if value.printed else None)


@pytest.mark.parametrize("form", ["json", "jsonl", "xml", "python"])
def test_serialization(sample: Any, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row = sample.objects.create(when=CEREMONY, figure=parse_quantity("98.65", "%"))
    text = serializers.serialize(form, sample.objects.all())
    apps = row._meta.apps
    monkeypatch.setattr("django.core.serializers.python.apps", apps)
    monkeypatch.setattr("django.core.serializers.xml_serializer.apps", apps)
    sample.objects.all().delete()
    for found in serializers.deserialize(form, text):
        found.save()
    again = sample.objects.get()
    assert (again.when, again.figure, again.rank) == (CEREMONY, row.figure, None)
    assert (again.when_sort, again.figure_sort) == (THEN, Decimal("98.65"))


def test_revision_content(sample: Any) -> None:
    """Revisions store the result of ``value_to_string``, in which None remains None."""
    row = sample(when=CEREMONY)
    when, figure = (sample._meta.get_field(name) for name in ("when", "figure"))
    assert when.value_to_string(row) == CEREMONY.canonical()
    assert figure.value_to_string(row) is None
    assert when.to_python(CEREMONY.canonical()) == when.to_python(CEREMONY) == CEREMONY
    assert when.to_python(None) is when.to_python("") is None
    assert model_to_dict(row, ["when", "figure"]) == {"when": CEREMONY, "figure": None}


def test_display_value(sample: Any) -> None:
    field = sample._meta.get_field("when")
    with translation.override("en"):
        assert field.display_value(CEREMONY) == "7月8日（2021-07-08, the year is inferred）"
        assert field.display_value(CEREMONY.canonical()) == field.display_value(CEREMONY)
        assert field.display_value(parse_date("日前")) == "日前（not understood; kept as printed）"
    assert field.display_value(None) == ""


@pytest.mark.parametrize("kind", [SourceDateField, QuantityField, RankField])
def test_deconstruct(kind: Any) -> None:
    """Migrations see a plain text field; a clone keeps its companion columns."""
    plain, with_columns = kind(null=True), kind(columns={"sort": "x"}, blank=True)
    name = "django.db.models.TextField"
    assert plain.deconstruct() == (None, name, [], {"null": True})
    assert with_columns.deconstruct() == (None, name, [], {"blank": True})
    clone = with_columns.clone()
    assert (type(clone), clone.columns) == (kind, {"sort": "x"})
    assert getattr(fields, kind.__name__) is kind


def problems(declared: dict[str, models.Field]) -> list[str]:
    with isolate_apps("portal.source_values"):
        meta = type("Meta", (), {"app_label": "source_values"})
        model = type("Checked", (models.Model,), {"__module__": __name__, "Meta": meta, **declared})
        return [error.id for error in model.check() if error.id.startswith("source_values.")]


def test_system_checks() -> None:
    def figure(attribute: str = "sort") -> QuantityField:
        return QuantityField(null=True, columns={attribute: "other"})

    def decimal(**options: Any) -> models.Field:
        return models.DecimalField(**{"null": True, **DECIMAL, **options})

    # Fields of a model are ordered by their creation: this one is before the source value.
    before = decimal()
    assert problems({"figure": figure(), "other": decimal()}) == []
    assert problems({"figure": figure("colour"), "other": decimal()}) == ["source_values.E001"]
    assert problems({"figure": figure()}) == ["source_values.E002"]
    assert problems({"figure": figure(), "other": models.ManyToManyField("self")}) == [
        "source_values.E002"
    ]
    assert problems({"other": before, "figure": figure()}) == ["source_values.E003"]
    assert problems({"figure": figure(), "other": decimal(null=False)}) == ["source_values.E004"]
    assert problems({"figure": figure(), "other": decimal(max_digits=12)}) == ["source_values.E005"]
    assert problems({"figure": figure(), "other": decimal(decimal_places=2)}) == [
        "source_values.E005"
    ]
    assert problems({"figure": figure("comparator"), "other": models.CharField(null=True)}) == []


def test_attributes_exist_on_the_value() -> None:
    for kind in (SourceDateField, QuantityField, RankField):
        for name in kind.attributes:
            assert (
                hasattr(kind.value_class, name)
                or name in kind.value_class.PART_TYPES
                or (name == "printed")
            )
    assert Comparator.ODD == "odd"
