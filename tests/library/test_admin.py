"""The library's lists and forms at the desk."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib import admin
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.accounts.roles import NEWSROOM, Role
from portal.audit.models import Entry
from portal.library import media_sync
from portal.library.actions import add_image, set_public_uses
from portal.library.models import Attachment, Image
from tests.factories import user

from .sample_files import PDF, as_upload, encode_image, make_image

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folders")]

VIEWERS = NEWSROOM | {Role.HONORS, Role.AUDITOR}
EDITORS = {Role.EDITOR, Role.PUBLISHER, Role.HONORS}
FORM = {"title": "新题", "alt": "新替代文字", "credit": "", "focal_x": "20", "focal_y": "80"}


@pytest.fixture
def editor() -> User:
    return user(Role.EDITOR)


@pytest.fixture
def desk(editor: User) -> Client:
    client = Client()
    client.force_login(editor)
    return client


@pytest.fixture
def image(editor: User) -> Image:
    return add_image(file=as_upload(encode_image()), by=editor)


def page(name: str, *args: object, model: str = "image") -> str:
    return reverse(f"admin:library_{model}_{name}", args=args)


def sent(data: bytes, name: str = "牌匾.jpg", **words: str) -> dict[str, object]:
    return {"upload": SimpleUploadedFile(name, data), **words}


def test_who_may_do_what(image: Image, rf) -> None:
    for role in Role:
        request = rf.get("/")
        request.user = user(role)
        for model in (Image, Attachment):
            shown = admin.site.get_model_admin(model)
            assert shown.has_view_permission(request) is (role in VIEWERS), role
            assert shown.has_change_permission(request) is (role in EDITORS), role
            assert shown.has_add_permission(request) is (role in EDITORS), role
            assert shown.has_delete_permission(request) is False


def test_pages_for_each_role(image: Image) -> None:
    for role in Role:
        client = Client()
        client.force_login(user(role))
        may_view, may_edit = role in VIEWERS, role in EDITORS
        assert client.get(page("changelist")).status_code == (200 if may_view else 403), role
        assert client.get(page("change", image.pk)).status_code == (200 if may_view else 403), role
        assert client.get(page("add")).status_code == (200 if may_edit else 403), role
        changed = client.post(page("change", image.pk), FORM)
        assert changed.status_code == (302 if may_edit else 403), role
        assert client.post(page("delete", image.pk), {"post": "yes"}).status_code == 403


def test_an_upload_goes_through_the_verb(desk: Client, editor: User) -> None:
    response = desk.post(page("add"), sent(encode_image(), title="", alt="牌匾", credit=""))
    image = Image.objects.get()
    assert response.status_code == 302
    assert (image.title, image.alt, image.uploader) == ("牌匾", "牌匾", editor)
    assert [e.action for e in Entry.objects.filter(object_type="library.image")] == ["library.add"]


def test_an_attachment_goes_through_the_verb(desk: Client) -> None:
    desk.post(page("add", model="attachment"), sent(PDF, "通知.pdf", title=""))
    attachment = Attachment.objects.get()
    assert (attachment.name, attachment.kind) == ("通知.pdf", "pdf")
    assert desk.get(page("change", attachment.pk, model="attachment")).status_code == 200
    assert desk.get(page("changelist", model="attachment")).status_code == 200


def test_a_refused_upload_says_why_beside_its_field(desk: Client) -> None:
    response = desk.post(page("add"), sent(b"<html>", title="t", alt="", credit=""))
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert list(errors) == ["upload"]
    assert not Image.objects.exists()


def test_a_duplicate_leads_to_what_is_there(desk: Client, image: Image) -> None:
    response = desk.post(page("add"), sent(encode_image(), title="", alt="", credit=""))
    assert response["Location"] == page("change", image.pk)
    assert Image.objects.count() == 1


def test_describing(desk: Client, image: Image) -> None:
    desk.post(page("change", image.pk), FORM)
    image.refresh_from_db()
    assert (image.title, image.alt, image.focal_x, image.focal_y) == ("新题", "新替代文字", 20, 80)
    assert Entry.objects.filter(action="admin.change", object_id=str(image.pk)).count() == 1
    refused = desk.post(page("change", image.pk), {**FORM, "focal_x": "101"})
    assert refused.status_code == 200
    assert "focal_x" in refused.context["adminform"].form.errors


def test_what_a_file_is_cannot_be_changed(desk: Client, image: Image) -> None:
    digest = image.digest
    forged = {"digest": "0" * 64, "file": "x", "width": "1", "uploader": "1", "widths": "[]"}
    desk.post(page("change", image.pk), {**FORM, **forged})
    image.refresh_from_db()
    assert (image.digest, image.width) == (digest, 60)


def test_hiding_is_a_verb(
    desk: Client, image: Image, editor: User, django_capture_on_commit_callbacks
) -> None:
    set_public_uses(owner=editor, images=[image.pk], attachments=[])
    media_sync.resync(images=[image.pk])
    public = Path(storages["public"].path(image.public_file_names[0]))
    assert public.exists()
    assert str(editor).encode() in desk.get(page("change", image.pk)).content
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(page("change", image.pk), {**FORM, "hidden": "on"})
    image.refresh_from_db()
    assert (image.hidden, image.title) == (True, "新题")
    assert not public.exists()
    assert Entry.objects.filter(action="library.hide", object_id=str(image.pk)).count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(page("change", image.pk), FORM)
    assert public.exists()


def test_the_list_costs_the_same(
    desk: Client, editor: User, image: Image, django_assert_max_num_queries
) -> None:
    for number in range(10):
        add_image(file=as_upload(encode_image(make_image(20 + number, 20))), by=user(Role.EDITOR))
    with django_assert_max_num_queries(9):
        response = desk.get(page("changelist"))
    assert response.content.count(b"library-thumb") == 11


def test_searching_the_list(desk: Client, image: Image, editor: User) -> None:
    other = add_image(
        file=as_upload(encode_image(make_image(21, 20))), by=editor, title="法庭", credit="张三"
    )
    response = desk.get(page("changelist"), {"q": "张三 法庭"})
    assert list(response.context["cl"].result_list) == [other]
