"""An upload on a full disk is answered with a sentence and loses no field, at every door."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files import uploadhandler
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.test import Client
from django.urls import reverse

from honors.models import Import
from portal.accounts.roles import Role
from portal.http.storage_full import is_storage_full
from portal.library import files
from portal.library.models import Attachment, Image
from portal.site.models import Redirect
from tests.factories import user
from tests.honors import build
from tests.library.hidden_content_files import docx
from tests.library.sample_files import encode_image, make_image

pytestmark = pytest.mark.django_db

SENTENCE = "服务器的磁盘满了"


def picture() -> SimpleUploadedFile:
    return SimpleUploadedFile("牌匾.png", encode_image(make_image(), "PNG"))


def document() -> SimpleUploadedFile:
    return SimpleUploadedFile("通知.docx", docx("<w:p><w:r><w:t>通知</w:t></w:r></w:p>"))


def sheet() -> SimpleUploadedFile:
    return SimpleUploadedFile("荣誉.xlsx", build.xlsx([build.MERIT]))


#: Door: its address, the role that may use it, the name of its file field, and a file.
PAGES: dict[str, tuple[str, Role, str, Callable[[], SimpleUploadedFile]]] = {
    "picture": ("admin:library_image_add", Role.EDITOR, "upload", picture),
    "attachment": ("admin:library_attachment_add", Role.EDITOR, "upload", document),
    "honours": ("admin:honors_honor_import", Role.HONORS, "file", sheet),
    "redirects": ("admin:site_redirect_import", Role.SITE_ADMIN, "file", sheet),
}
SCRIPTS = {"picture": ("", picture), "attachment": ("?picker=attachment", document)}


def full(code: int = errno.ENOSPC) -> OSError:
    return OSError(code, "no space")


def fail(*args: Any, **kwargs: Any) -> Any:
    raise full()


def no_room_for_a_new_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploadhandler, "TemporaryUploadedFile", fail)


def no_room_for_the_contents(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(TemporaryUploadedFile):
        write = fail

    monkeypatch.setattr(uploadhandler, "TemporaryUploadedFile", Full)


def no_room_in_the_last_block(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(TemporaryUploadedFile):
        flush = fail

    monkeypatch.setattr(uploadhandler, "TemporaryUploadedFile", Full)


def no_room_in_the_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_write", fail)


TEMPORARY = [no_room_for_a_new_file, no_room_for_the_contents, no_room_in_the_last_block]
CAUSES = [*TEMPORARY, no_room_in_the_storage]
#: The sheet of redirects is read, but not stored.
PLACES = [
    (door, cause) for door in PAGES for cause in (TEMPORARY if door == "redirects" else CAUSES)
]


@pytest.fixture(autouse=True)
def _empty_disk(settings: Any, tmp_path: Path) -> None:
    """Write every upload to disk, into a storage that does not have the file already."""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    default = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": default}


def client_of(role: Role) -> Client:
    client = Client(raise_request_exception=False, headers={"Origin": "http://testserver"})
    client.force_login(user(role))
    return client


def stored() -> list[int]:
    return [model.objects.count() for model in (Image, Attachment, Import, Redirect)]


@pytest.mark.parametrize(("door", "cause"), PLACES)
def test_page_says_it_and_gives_the_fields_back(
    door: str,
    cause: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    address, role, field, file = PAGES[door]
    before = stored()
    cause(monkeypatch)
    data = {"title": "题名", field: file(), "credit": "供图人"}
    response = client_of(role).post(reverse(address), data)
    page = response.content.decode()
    assert response.status_code == 507
    assert SENTENCE in page
    assert 'value="题名"' in page
    assert 'value="供图人"' in page  # behind the file
    assert (file().name or "-") in page
    assert stored() == before
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("kind", SCRIPTS)
@pytest.mark.parametrize("responds_to_editor", [False, True])
def test_script_gets_json(
    cause: Callable[[pytest.MonkeyPatch], None],
    kind: str,
    responds_to_editor: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    query, file = SCRIPTS[kind]
    if responds_to_editor:
        query += ("&" if query else "?") + "responseType=json"
    before = stored()
    cause(monkeypatch)
    response = client_of(Role.EDITOR).post(reverse("library:upload") + query, {"upload": file()})
    assert response.status_code == (200 if responds_to_editor else 507)
    answer = response.json()
    assert answer["uploaded"] == 0
    assert SENTENCE in answer["error"]["message"]
    assert stored() == before


def test_upload_succeeds_after_the_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(Role.EDITOR)
    with monkeypatch.context() as patched:
        no_room_in_the_storage(patched)
        assert client.post(reverse("library:upload"), {"upload": picture()}).status_code == 507
    assert client.post(reverse("library:upload"), {"upload": picture()}).status_code == 200
    assert Image.objects.count() == 1


def test_other_errors_stay_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*args: Any, **kwargs: Any) -> Any:
        raise PermissionError(errno.EACCES, "denied")

    monkeypatch.setattr(files, "_write", denied)
    response = client_of(Role.EDITOR).post(reverse("library:upload"), {"upload": picture()})
    assert response.status_code == 500
    assert SENTENCE not in response.content.decode()


def test_a_full_disk_is_recognised() -> None:
    wrapped = ValueError()
    wrapped.__cause__ = full(errno.EDQUOT)
    errors = [None, full(), full(errno.EDQUOT), wrapped, full(errno.EIO), ValueError()]
    assert [is_storage_full(each) for each in errors] == [False, True, True, True, False, False]
