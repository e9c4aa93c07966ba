"""Tests of the lists and forms of the library's admin."""

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

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_storages")]

VIEWERS = NEWSROOM | {Role.HONORS, Role.AUDITOR}
EDITORS = {Role.EDITOR, Role.PUBLISHER, Role.HONORS}
FORM = {"title": "新题", "alt": "新替代文字", "credit": "", "focal_x": "20", "focal_y": "80"}


@pytest.fixture
def editor() -> User:
    return user(Role.EDITOR)


@pytest.fixture
def staff_client(editor: User) -> Client:
    client = Client()
    client.force_login(editor)
    return client


@pytest.fixture
def image(editor: User) -> Image:
    return add_image(file=as_upload(encode_image()), by=editor)


def admin_url(name: str, *args: object, model: str = "image") -> str:
    return reverse(f"admin:library_{model}_{name}", args=args)


def upload_data(data: bytes, name: str = "牌匾.jpg", **words: str) -> dict[str, object]:
    return {"upload": SimpleUploadedFile(name, data), **words}


def test_admin_permissions_by_role(image: Image, rf) -> None:
    for role in Role:
        request = rf.get("/")
        request.user = user(role)
        for model in (Image, Attachment):
            model_admin = admin.site.get_model_admin(model)
            assert model_admin.has_view_permission(request) is (role in VIEWERS), role
            assert model_admin.has_change_permission(request) is (role in EDITORS), role
            assert model_admin.has_add_permission(request) is (role in EDITORS), role
            assert model_admin.has_delete_permission(request) is False


def test_admin_pages_by_role(image: Image) -> None:
    for role in Role:
        client = Client()
        client.force_login(user(role))
        may_view, may_edit = role in VIEWERS, role in EDITORS
        assert client.get(admin_url("changelist")).status_code == (200 if may_view else 403), role
        assert client.get(admin_url("change", image.pk)).status_code == (
            200 if may_view else 403
        ), role
        assert client.get(admin_url("add")).status_code == (200 if may_edit else 403), role
        changed = client.post(admin_url("change", image.pk), FORM)
        assert changed.status_code == (302 if may_edit else 403), role
        assert client.post(admin_url("delete", image.pk), {"post": "yes"}).status_code == 403


def test_upload_form_adds_an_image_and_logs_it(staff_client: Client, editor: User) -> None:
    response = staff_client.post(
        admin_url("add"), upload_data(encode_image(), title="", alt="牌匾", credit="")
    )
    image = Image.objects.get()
    assert response.status_code == 302
    assert (image.title, image.alt, image.uploader) == ("牌匾", "牌匾", editor)
    assert [e.action for e in Entry.objects.filter(object_type="library.image")] == ["library.add"]


def test_upload_form_adds_an_attachment(staff_client: Client) -> None:
    staff_client.post(admin_url("add", model="attachment"), upload_data(PDF, "通知.pdf", title=""))
    attachment = Attachment.objects.get()
    assert (attachment.name, attachment.kind) == ("通知.pdf", "pdf")
    assert (
        staff_client.get(admin_url("change", attachment.pk, model="attachment")).status_code == 200
    )
    assert staff_client.get(admin_url("changelist", model="attachment")).status_code == 200


def test_refused_upload_shows_an_error_at_its_field(staff_client: Client) -> None:
    response = staff_client.post(
        admin_url("add"), upload_data(b"<html>", title="t", alt="", credit="")
    )
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert list(errors) == ["upload"]
    assert not Image.objects.exists()


def test_duplicate_upload_redirects_to_the_existing_image(
    staff_client: Client, image: Image
) -> None:
    response = staff_client.post(
        admin_url("add"), upload_data(encode_image(), title="", alt="", credit="")
    )
    assert response["Location"] == admin_url("change", image.pk)
    assert Image.objects.count() == 1


def test_description_can_be_changed(staff_client: Client, image: Image) -> None:
    staff_client.post(admin_url("change", image.pk), FORM)
    image.refresh_from_db()
    assert (image.title, image.alt, image.focal_x, image.focal_y) == ("新题", "新替代文字", 20, 80)
    assert Entry.objects.filter(action="admin.change", object_id=str(image.pk)).count() == 1
    refused = staff_client.post(admin_url("change", image.pk), {**FORM, "focal_x": "101"})
    assert refused.status_code == 200
    assert "focal_x" in refused.context["adminform"].form.errors


def test_fields_derived_from_the_file_cannot_be_changed(staff_client: Client, image: Image) -> None:
    digest = image.digest
    forged = {"digest": "0" * 64, "file": "x", "width": "1", "uploader": "1", "widths": "[]"}
    staff_client.post(admin_url("change", image.pk), {**FORM, **forged})
    image.refresh_from_db()
    assert (image.digest, image.width) == (digest, 60)


def test_hiding_is_logged_and_changes_nothing_public(
    staff_client: Client, image: Image, editor: User, django_capture_on_commit_callbacks
) -> None:
    set_public_uses(owner=editor, images=[image.pk], attachments={})
    media_sync.resync(images=[image.pk])
    public = Path(storages["public"].path(image.public_file_names[0]))
    assert public.exists()
    assert str(editor).encode() in staff_client.get(admin_url("change", image.pk)).content
    with django_capture_on_commit_callbacks(execute=True):
        staff_client.post(admin_url("change", image.pk), {**FORM, "hidden": "on"})
    image.refresh_from_db()
    assert (image.hidden, image.title) == (True, "新题")
    media_sync.resync(images=[image.pk])
    assert public.exists()
    assert Entry.objects.filter(action="library.hide", object_id=str(image.pk)).count() == 1


def test_list_needs_the_same_number_of_queries_with_more_rows(
    staff_client: Client, editor: User, image: Image, django_assert_max_num_queries
) -> None:
    for number in range(10):
        add_image(file=as_upload(encode_image(make_image(20 + number, 20))), by=user(Role.EDITOR))
    with django_assert_max_num_queries(9):
        response = staff_client.get(admin_url("changelist"))
    assert response.content.count(b"library-thumb") == 11


def test_list_search(staff_client: Client, image: Image, editor: User) -> None:
    other = add_image(
        file=as_upload(encode_image(make_image(21, 20))), by=editor, title="法庭", credit="张三"
    )
    response = staff_client.get(admin_url("changelist"), {"q": "张三 法庭"})
    assert list(response.context["cl"].result_list) == [other]
