"""Functions that build sheets of honours, and upload and confirm them on the admin pages."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext
from openpyxl import Workbook

from honors import sheet
from honors.models import Honor, Import
from portal.accounts.models import User
from portal.interchange.tables import Column, write_csv, write_xlsx
from portal.publishing.models import Revision

HEADERS = [column.header for column in sheet.COLUMNS]
NAMES = [column.name for column in sheet.COLUMNS]

#: A complete row of the sheet: column name -> text.
MERIT = {
    "name": "集体二等功",
    "kind": "记功",
    "levels": "省级",
    "system": "法院",
    "awarding_body": "省法院",
    "awarded": "2018年",
    "recipients": "本院",
}


def rows(count: int) -> list[dict[str, str]]:
    """Return ``count`` different honours of all kinds and levels; some rows cause a warning."""
    kinds, levels = ("称号", "记功", "表彰", "排名"), ("国家级", "省级", "市级", "区级", "院级")
    return [
        {
            "name": f"第{number}号先进集体",
            "kind": kinds[number % 4],
            "levels": levels[number % 5] if number % 7 else "省级、市级",
            "system": "法院",
            "awarding_body": f"第{number % 40}授予单位",
            "awarded": f"{2000 + number % 25}年{number % 12 + 1}月",
            "recipients": "本院" if number % 3 else f"部门:第{number % 9}审判庭；个人:张某{number}",
            "document_number": f"法〔2018〕{number}号",
            "valid_until": "2030-12-31",
            "remark": "据存档奖状登记。",
        }
        for number in range(1, count + 1)
    ]


def xlsx(table: Sequence[Mapping[str, str]], names: Sequence[str] = NAMES) -> bytes:
    """Return an xlsx sheet that the portal's own writer creates with these columns."""
    stream = io.BytesIO()
    write_xlsx(stream, columns=columns_named(names), rows=table)
    return stream.getvalue()


def csv(table: Sequence[Mapping[str, str]], names: Sequence[str] = NAMES) -> bytes:
    stream = io.BytesIO()
    write_csv(stream, columns=columns_named(names), rows=table)
    return stream.getvalue()


def columns_named(names: Sequence[str]) -> list[Column]:
    return [column for column in sheet.KNOWN_COLUMNS if column.name in names]


def make_workbook(*table: Sequence[Any], merged: str = "") -> bytes:
    """Return an xlsx file with exactly these cells, whose values may be of any type."""
    workbook = Workbook()
    page: Any = workbook.active
    for line in table:
        page.append(list(line))
    if merged:
        page.merge_cells(merged)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:honors_honor_{name}", args=args)


def upload(client: Client, data: bytes, name: str = "台账.xlsx") -> Any:
    """Upload a file; return the preview, or the upload form with its errors."""
    file = SimpleUploadedFile(name, data)
    return client.post(url("import"), {"file": file}, follow=True)


def refusals(response: Any) -> list[str]:
    """Return the error messages of the upload form."""
    found = re.search(r'<ul class="errorlist"[^>]*>(.*?)</ul>', response.content.decode(), re.S)
    return (
        [unescape(text) for text in re.findall(r"<li>(.*?)</li>", found[1], re.S)] if found else []
    )


def last_import() -> Import:
    return Import.objects.order_by("-pk")[0]


def confirm(client: Client) -> Any:
    """Confirm the import of the last uploaded sheet."""
    return client.post(url("import-confirm", last_import().pk), follow=True)


def outcomes() -> list[tuple[int, str]]:
    return sorted((line["row"], line["outcome"]) for line in last_import().plan)


def problems() -> set[tuple[str, str]]:
    """Return (cell, problem) for the last uploaded sheet, without warnings."""
    return {
        (note["cell"], note["text"])
        for line in last_import().plan
        for note in line["notes"]
        if not note["warning"]
    }


def contents() -> list[dict[str, Any]]:
    """Return the content fields of every honour's newest revision, ordered by the honours' ids."""
    revisions = Revision.objects.filter(content_type__model="honor").order_by("object_id", "number")
    newest = {revision.object_id: revision.content["fields"] for revision in revisions}
    return [newest[pk] for pk in Honor.objects.order_by("pk").values_list("pk", flat=True)]


def import_and_measure(file: str, username: str) -> None:
    """Upload and confirm a sheet, then print seconds and memory.

    This function is called in a process of its own, so that the memory is that of the import.
    """
    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.get(username=username))
    start = time.monotonic()
    checked = upload(client, Path(file).read_bytes(), Path(file).name)
    previewed = time.monotonic()
    answers = [checked.status_code, 0]
    if checked.status_code == 200:
        answers[1] = client.post(url("import-confirm", last_import().pk)).status_code
    measured = {
        "answers": answers,
        "errors": refusals(checked),
        "preview": previewed - start,
        "commit": time.monotonic() - previewed,
        "mb": peak_memory_mb(),
    }
    print(json.dumps(measured))


def peak_memory_mb() -> float:
    """Return the peak memory of this process in MB; getrusage would include its parent process."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s*(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


def translated(text: str, **values: object) -> str:
    """Return a message in the language of the admin."""
    return gettext(text) % values if values else gettext(text)
