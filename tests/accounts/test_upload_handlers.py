"""The contents of uploads are read for signed-in users only; all other fields always are."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from portal.accounts import upload_handlers
from portal.accounts.roles import Role
from portal.library.models import Image
from tests.factories import user
from tests.library.sample_files import encode_image, make_image

SMALL, LARGE = b"x" * 10, b"x" * (MemoryFileUploadHandler.chunk_size * 50)


class Unavailable:
    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    @property
    def is_authenticated(self) -> bool:
        raise self.error


def post(sender: Any, *files: bytes) -> HttpRequest:
    data = {
        "title": "题",
        "file": [SimpleUploadedFile(f"{number}.png", each) for number, each in enumerate(files)],
        "after": "后",
    }
    request = RequestFactory().post("/", data)
    if sender is not None:
        request.user = sender
    return request


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of the names of files for which a temporary file was opened."""
    names: list[str] = []
    original = TemporaryFileUploadHandler.new_file

    def new_file(self: TemporaryFileUploadHandler, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        names.append(self.file_name)

    monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", new_file)
    return names


@pytest.mark.parametrize(
    "sender",
    [AnonymousUser(), Unavailable(OperationalError), Unavailable(InterfaceError), None],
    ids=["visitor", "outage", "lost connection", "no session"],
)
@pytest.mark.parametrize("files", [[SMALL], [LARGE], [LARGE, SMALL], [b""]])
def test_only_names_of_files_are_kept_without_a_user(
    sender: Any, files: list[bytes], written: list[str]
) -> None:
    request = post(sender, *files)
    names = [(file.name, file.size) for file in request.FILES.getlist("file")]
    assert names == [(f"{number}.png", 0) for number, _file in enumerate(files)]
    assert request.POST.dict() == {"title": "题", "after": "后"}
    assert written == []


@pytest.mark.django_db
def test_files_of_a_user_arrive_whole(written: list[str]) -> None:
    request = post(user(Role.EDITOR), LARGE, SMALL)
    assert [file.read() for file in request.FILES.getlist("file")] == [LARGE, SMALL]
    assert request.POST.dict() == {"title": "题", "after": "后"}
    assert written == ["0.png", "1.png"]
    request.close()


@pytest.mark.parametrize(("more", "is_read"), [(0, True), (1, False)])
def test_a_larger_body_is_not_read(
    more: int, is_read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = post(AnonymousUser(), LARGE)
    length = int(request.META["CONTENT_LENGTH"])
    monkeypatch.setattr(upload_handlers, "MAX_ANONYMOUS_BYTES", length - more)
    assert request.POST.dict() == ({"title": "题", "after": "后"} if is_read else {})
    assert request.environ["wsgi.input"].read_started is is_read


@pytest.mark.django_db
def test_an_upload_without_a_session_is_refused_and_names_its_file(written: list[str]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(reverse("admin:login"))
    token = client.cookies["csrftoken"].value
    address = reverse("admin:library_image_add")
    data = {
        "csrfmiddlewaretoken": token,
        "title": "牌匾",
        "file": SimpleUploadedFile("牌匾.png", encode_image(make_image(), "PNG")),
    }
    response = client.post(address, data)
    page = response.content.decode()
    assert "牌匾.png" in page
    assert 'value="牌匾"' in page
    assert written == []
    assert Image.objects.count() == 0
