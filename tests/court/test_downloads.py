"""CSV and JSON downloads contain the same exact values, safe for spreadsheet programs."""

import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from portal.court import downloads
from portal.court.models import Dataset, Observation
from portal.interchange.cell_text import unescape_formula
from portal.site.models import SiteSettings
from portal.source_values.dates import SourceDate
from portal.source_values.quantities import Quantity
from portal.source_values.ranks import Rank
from tests.court.build import Court

pytestmark = pytest.mark.django_db


def read(client: Client, path: str) -> bytes:
    response = client.get(path)
    assert response.status_code == 200, path
    assert response["X-Content-Type-Options"] == "nosniff"
    return b"".join(response) if response.streaming else response.content


def csv_rows(body: bytes) -> list[dict[str, str]]:
    assert body.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in body
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def convert(cell: str, value: Any) -> Any:
    """Convert a CSV cell to the type of the JSON value of the same cell."""
    if value is None:
        assert cell == ""
        return None
    if isinstance(value, bool):
        return {"true": True, "false": False}[cell]
    if isinstance(value, int | float | Decimal):
        return Decimal(cell)
    if isinstance(value, list):
        return cell.split(" ")
    return unescape_formula(cell)


BAD = [
    "=1+1",
    "+SUM(A1)",
    "-1+2",
    "@cmd",
    "＝1",
    "'=1",
    "a,b",
    'say "x"',
    "line\r\nbreak",
    "\t=1",
    "\u200b=1",
    " =1",
    "-5",
]


def create_formula_figures(court: Court) -> None:
    for number, bad in enumerate(BAD):
        indicator = court.indicator(
            f"{bad}{number}"[:60],
            dataset=Dataset.QUALITY,
            definition=bad,
            scope=bad,
            unit=bad[:12],
        )
        court.figure(indicator, bad, period=bad, rank=bad, remark=bad)


def test_csv_and_json_have_equal_cells(court: Court, client: Client) -> None:
    court.sample_records()
    create_formula_figures(court)
    seen = 0
    for dataset in Dataset.values:
        table = csv_rows(read(client, f"/data/{dataset}.csv"))
        found = json.loads(read(client, f"/data/{dataset}.json"), parse_float=Decimal)
        assert found["dataset"]["name"] == dataset
        names = [field["name"] for field in found["fields"]]
        assert len(table) == len(found["rows"]) > 0
        for ours, theirs in zip(table, found["rows"], strict=True):
            assert list(ours) == list(theirs) == names
            assert {name: convert(ours[name], theirs[name]) for name in names} == theirs
            seen += 1
    assert seen == Observation.objects.public().count()


def test_canonical_columns_are_exact(court: Court, client: Client) -> None:
    court.sample_records()
    create_formula_figures(court)
    kinds = {"period": SourceDate, "value": Quantity, "rank": Rank}
    for dataset in Dataset.values:
        for row in csv_rows(read(client, f"/data/{dataset}.csv")):
            stored = Observation.objects.get(pk=row["id"])
            for name, kind in kinds.items():
                text = row[f"{name}_canonical"]
                value = kind.from_canonical(text) if text else None
                assert value == getattr(stored, name)
            assert unescape_formula(row["indicator"]) == downloads.clean(stored.indicator.name)


def test_cells_of_a_figure(court: Court, client: Client) -> None:
    rows = court.sample_records()
    (found,) = (
        row
        for row in csv_rows(read(client, "/data/cases.csv"))
        if int(row["id"]) == rows["closing_rate"].pk
    )
    expected = {
        "indicator": "综合结案率",
        "code": "closing_rate",
        "unit": "%",
        "definition": "结案÷受理。",
        "period_printed": "2017年至2020年底",
        "period_precision": "period",
        "period_from": "2017-01-01",
        "period_to": "2020-12-31",
        "period_inferred": "false",
        "value_printed": "98.65",
        "value_comparator": "exact",
        "value": "98.65",
        "value_upper": "",
        "value_low": "98.65",
        "value_high": "98.65",
        "rank_printed": "43个月排名全市首位",
        "rank_scope": "全市",
        "rank_place": "1",
        "rank_months": "43",
        "rank_consecutive": "unknown",
        "rank_best": "false",
        "remark": "",
    }
    assert {name: found[name] for name in expected} == expected
    assert found["sources"].endswith(
        court.newsroom.column.articles.exclude(title="原始报道").get().get_absolute_url()
    )
    over = csv_rows(read(client, "/data/openness.csv"))
    bounds = {(row["value_comparator"], row["value_low"], row["value_high"]) for row in over}
    assert ("over", "100", "") in bounds


def test_formulas_are_escaped(court: Court, client: Client) -> None:
    create_formula_figures(court)
    for row in csv_rows(read(client, "/data/quality.csv")):
        for name, cell in row.items():
            if cell[:1] in {"=", "+", "-", "@", "\t", "\r", "＝"}:
                # Only numbers may begin with these characters; Decimal raises an error for a
                # formula.
                Decimal(cell)
                assert name != "code"


def test_urls_use_the_domain_of_the_site(court: Court, client: Client) -> None:
    SiteSettings.objects.create(name="法院", domain="www.court.example")
    row = court.sample_records()["accepted"]
    found = json.loads(read(client, "/data/cases.json"))["rows"]
    addresses = {each["address"] for each in found}
    assert f"http://www.court.example{row.get_absolute_url()}" in addresses
    (source,) = {each for row in found for each in row["sources"]}
    assert source.startswith("http://www.court.example/news/")


def test_csvw_metadata_describes_every_column(court: Court, client: Client) -> None:
    court.sample_records()
    response = client.get("/data/cases.csv")
    table = csv_rows(b"".join(response))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    # CSVW prescribes this URL as the default: the URL of the table with a suffix.
    described = json.loads(read(client, "/data/cases.csv-metadata.json"))
    assert described["@context"][0] == "http://www.w3.org/ns/csvw"
    assert described["url"].endswith("/data/cases.csv")
    columns = {column["name"]: column for column in described["tableSchema"]["columns"]}
    assert list(columns) == list(table[0])
    for row in table:
        for name, cell in row.items():
            assert columns[name]["titles"][0] == name
            _of_type(columns[name]["datatype"], cell)
    assert not [name for name, each in columns.items() if each["required"] and not table[0][name]]


def _of_type(datatype: Any, cell: str) -> None:
    base = datatype["base"] if isinstance(datatype, dict) else datatype
    if not cell:
        return
    if base == "integer":
        int(cell)
    elif base == "decimal":
        assert "E" not in str(Decimal(cell))
    elif base == "date":
        date.fromisoformat(cell)
    elif base == "boolean":
        assert cell in {"true", "false"}
    elif base == "json":
        json.loads(cell)
    else:
        assert base in {"string", "anyURI"}


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_batches_contain_every_row(court: Court, monkeypatch: Any, size: int) -> None:
    indicator = court.indicator("受理")
    for period in ("2019年", "2020年", "2019年", "", "三年来", "2019年"):
        court.figure(indicator, "5件", period=period, remark="并列。")
    monkeypatch.setattr(downloads, "BATCH_SIZE", size)
    ids = [row[0] for row in downloads.export_rows(Dataset.CASES, str)]
    newest = Observation.objects.newest_first().values_list("pk", flat=True)
    assert ids == list(newest)


def test_downloads_are_streamed(
    court: Court, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    court.sample_records()
    for path in ("/data/cases.csv", "/data/cases.json"):
        response = client.get(path)
        assert response.streaming
        whole = b"".join(response)
        with monkeypatch.context() as patch:
            patch.setattr(downloads, "MIN_CHUNK_BYTES", 10)
            pieces = list(client.get(path))
        assert len(pieces) > 3
        assert b"".join(pieces) == whole
