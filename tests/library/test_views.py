"""Tests of every URL of the library: permissions, content and headers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.roles import NEWSROOM, Role
from portal.audit.models import Entry
from portal.library import file_urls, media_sync, views
from portal.library.actions import add_attachment, add_image, set_hidden, set_public_uses
from portal.library.models import Attachment, Image
from tests.factories import user

from .sample_files import PDF, as_upload, encode_image, make_image

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_storages")]

VIEWERS = NEWSROOM | {Role.HONORS, Role.AUDITOR}
UPLOADERS = {Role.EDITOR, Role.PUBLISHER, Role.HONORS}


@pytest.fixture
def editor() -> User:
    return user(Role.EDITOR)


@pytest.fixture
def image(editor: User) -> Image:
    return add_image(file=as_upload(encode_image(), "牌匾.jpg"), by=editor, alt="一块牌匾")


@pytest.fixture
def attachment(editor: User) -> Attachment:
    return add_attachment(file=as_upload(PDF, '开庭"公告.pdf'), by=editor)


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    def signed_in(*roles: Role, **fields: object) -> Client:
        client = Client()
        client.force_login(user(*roles, **fields))
        return client

    return signed_in


@pytest.fixture
def published(editor: User, image: Image, attachment: Attachment) -> None:
    set_public_uses(owner=editor, images=[image.pk], attachments={attachment.pk: attachment.name})
    media_sync.resync()


def media_url(name: str) -> str:
    return f"/media/{name}"


def test_public_file_headers(client: Client, image: Image, published: None) -> None:
    types = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
    for name in image.public_file_names:
        response = client.get(media_url(name))
        assert response.status_code == 200
        assert response["Content-Type"] == types[name.rpartition(".")[2]]
        assert response["Cache-Control"] == "private, max-age=3600"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert int(response["Content-Length"]) == len(b"".join(response.streaming_content))
        assert "Set-Cookie" not in response.headers


def test_conditional_requests(client: Client, image: Image, published: None) -> None:
    address = media_url(image.public_file_names[0])
    whole = client.get(address)
    whole.getvalue()
    for header in ({"If-None-Match": whole["ETag"]}, {"If-Modified-Since": whole["Last-Modified"]}):
        response = client.get(address, headers=header)
        assert (response.status_code, response.content) == (304, b"")
        assert response["ETag"] == whole["ETag"]
        assert response["Cache-Control"] == whole["Cache-Control"]
    changed = client.get(address, headers={"If-None-Match": '"other"'})
    assert changed.status_code == 200
    changed.getvalue()


def test_head_request(client: Client, image: Image, published: None) -> None:
    response = client.head(media_url(image.public_file_names[0]))
    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Type"] == "image/avif"
    assert int(response["Content-Length"]) > 0


def test_document_is_downloaded_under_its_uploaded_name(
    client: Client, attachment: Attachment, published: None
) -> None:
    response = client.get(media_url(attachment.public_file_names[0]))
    response.getvalue()
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''%E5%BC%80%E5%BA%AD%27%E5%85%AC%E5%91%8A.pdf"
    )


def test_file_that_is_not_public_answers_404(
    client: Client, image: Image, attachment: Attachment
) -> None:
    for name in [*image.public_file_names, *attachment.public_file_names, image.file.name]:
        assert client.get(media_url(name)).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "../private/{original}",
        "..%2fprivate%2f{original}",
        "i/../../private/{original}",
        "/etc/passwd",
        "i",
        "i/",
        "",
        "i/ab/%00.jpg",
        "{original}",
        "{rendition}/",
        "{rendition}%0a",
        "{rendition}.html",
    ],
)
def test_path_outside_of_the_folder_answers_404(
    path: str, client: Client, image: Image, published: None
) -> None:
    path = path.format(original=image.file.name, rendition=image.public_file_names[0])
    assert client.get(media_url(path)).status_code == 404


def test_only_safe_methods_are_allowed(client: Client, image: Image, published: None) -> None:
    for method in ("post", "put", "delete", "patch"):
        assert getattr(client, method)(media_url(image.public_file_names[0])).status_code == 405


def test_private_files_require_a_role(
    client: Client, sign_in: Callable[..., Client], image: Image
) -> None:
    address = image.thumbnail_url
    assert client.get(address).status_code == 403
    for role in Role:
        response = sign_in(role).get(address)
        assert response.status_code == (200 if role in VIEWERS else 403), role
        if response.status_code == 200:
            response.getvalue()
    assert sign_in(is_superuser=True).get(address).status_code == 403
    assert sign_in(Role.EDITOR, is_staff=False).get(address).status_code == 403

    colleague = sign_in(Role.EDITOR)
    response = colleague.get(address)
    response.getvalue()
    assert response["Content-Type"] == "image/webp"
    assert response["Cache-Control"].startswith("private")
    assert response["X-Content-Type-Options"] == "nosniff"


def test_signature_is_valid_for_one_file_only(
    sign_in: Callable[..., Client], image: Image, editor: User
) -> None:
    other = add_image(file=as_upload(encode_image(make_image(33, 22))), by=editor)
    colleague = sign_in(Role.EDITOR)
    forged = image.thumbnail_url.replace(image.digest, other.digest)
    unsigned = reverse("library:private", args=[image.public_file_names[0]])
    secret = image.thumbnail_url.replace(f"{image.pk}:i/", f"{image.pk}:../i/")
    for address in (forged, unsigned, secret):
        assert colleague.get(address).status_code == 404


def test_signature_expires(sign_in: Callable[..., Client], image: Image) -> None:
    colleague = sign_in(Role.EDITOR)
    address = image.thumbnail_url
    now = timezone.now().timestamp()
    for hours, status in ((11.9, 200), (15.1, 404)):
        with mock.patch("time.time", return_value=now + timedelta(hours=hours).total_seconds()):
            name = file_urls.verify_signed_name(address.removesuffix("/").partition("/private/")[2])
        assert (name is not None) is (status == 200)
    assert file_urls.signed_image_id(address) == image.pk
    response = colleague.get(address)
    assert response.status_code == 200
    response.getvalue()


def test_private_document_is_a_download(
    sign_in: Callable[..., Client], attachment: Attachment
) -> None:
    response = sign_in(Role.AUDITOR).get(attachment.private_url)
    response.getvalue()
    assert response["Content-Disposition"].startswith("attachment;")


def send(client: Client, data: bytes, query: str = "", name: str = "a.jpg", **words: str):
    file = SimpleUploadedFile(name, data, content_type="text/html")
    return client.post(reverse("library:upload") + query, {"upload": file, **words})


def test_upload_of_an_image(sign_in: Callable[..., Client]) -> None:
    client = sign_in(Role.EDITOR)
    answer = send(client, encode_image(), name="牌匾.jpg", alt="牌匾", credit="某人").json()
    image = Image.objects.get()
    assert answer == {
        **views.file_data(image),
        "uploaded": 1,
        "duplicate": False,
        "fileName": "牌匾",
        "thumb": answer["thumb"],
        "url": answer["url"],
    }
    assert (image.alt, image.credit) == ("牌匾", "某人")
    assert file_urls.signed_image_id(answer["url"]) == image.pk
    again = send(client, encode_image()).json()
    assert (again["id"], again["duplicate"]) == (image.pk, True)
    assert Entry.objects.filter(action="library.add").count() == 1


def test_upload_of_an_attachment(sign_in: Callable[..., Client]) -> None:
    answer = send(sign_in(Role.EDITOR), PDF, "?picker=attachment", "通知.pdf").json()
    assert (answer["kind"], answer["name"], answer["document"]) == ("attachment", "通知.pdf", "pdf")


@pytest.mark.parametrize(("query", "status"), [("", 400), ("?responseType=json", 200)])
def test_refused_upload_answers_with_a_message(
    query: str, status: int, sign_in: Callable[..., Client]
) -> None:
    client = sign_in(Role.EDITOR)
    response = send(client, b"<html><script>alert(1)</script>", query)
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    assert response.json()["uploaded"] == 0
    assert response.json()["error"]["message"]
    nothing = client.post(reverse("library:upload") + query)
    assert (nothing.status_code, nothing.json()["uploaded"]) == (status, 0)
    assert not Image.objects.exists()


def test_upload_permissions_by_role(client: Client, sign_in: Callable[..., Client]) -> None:
    assert send(client, encode_image()).status_code == 403
    for role in Role:
        response = send(sign_in(role), encode_image())
        assert response.status_code == (200 if role in UPLOADERS else 403), role
        assert response["Content-Type"] == "application/json"
    assert send(sign_in(is_superuser=True), encode_image()).status_code == 403
    assert send(sign_in(Role.EDITOR, is_staff=False), encode_image()).status_code == 403
    assert client.get(reverse("library:upload")).status_code == 405


def clean_pasted(client: Client, html: str):
    return client.post(reverse("library:clean-pasted"), {"html": html})


def test_pasted_text_is_cleaned_for_the_editor(
    sign_in: Callable[..., Client], image: Image
) -> None:
    response = clean_pasted(
        sign_in(Role.EDITOR),
        f'<p>a<del>b</del><img src="{image.editor_url}" alt="c"><img data-pending="0"></p>'
        '<p><img src="https://x.cn/d.png"></p>',
    )
    assert response["Cache-Control"] == "private, no-store"
    assert response.json() == {
        "html": f'<p>a<img alt="c" src="{image.editor_url}"><img data-pending="0" alt=""></p>\n'
        "<p>【此处缺图】</p>",
        "changes": [
            "已去掉标为删除或加删除线的文字：1 处（b）",
            "未带入不在资料库中的图片：1 幅，请从资料库插入（x.cn）",
        ],
    }


def test_pasted_text_is_bounded(sign_in: Callable[..., Client]) -> None:
    client = sign_in(Role.EDITOR)
    with mock.patch.object(views, "MAX_PASTED_CHARACTERS", 8):
        assert clean_pasted(client, "<p>a</p>").json() == {"html": "<p>a</p>", "changes": []}
        response = clean_pasted(client, "<p>aa</p>")
    assert response.status_code == 400
    assert response.json()["error"]["message"]


def test_only_staff_of_the_library_may_clean_pasted_text(
    client: Client, sign_in: Callable[..., Client], editor: User
) -> None:
    assert clean_pasted(client, "<p>a</p>").status_code == 403
    for role in Role:
        response = clean_pasted(sign_in(role), "<p>a</p>")
        assert response.status_code == (200 if role in VIEWERS else 403), role
        assert response["Content-Type"] == "application/json"
    assert clean_pasted(sign_in(Role.EDITOR, is_staff=False), "").status_code == 403
    assert client.get(reverse("library:clean-pasted")).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(editor)
    assert clean_pasted(strict, "<p>a</p>").status_code == 403


def test_upload_requires_the_csrf_token(editor: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    assert send(client, encode_image()).status_code == 403
    assert not Image.objects.exists()
    client.get(reverse("library:browse"))
    token = client.cookies["csrftoken"].value
    file = SimpleUploadedFile("a.jpg", encode_image())
    response = client.post(
        reverse("library:upload"), {"upload": file}, headers={"X-CSRFToken": token}
    )
    assert response.status_code == 200


def item_ids(response) -> list[int]:
    return [json.loads(item["json"])["id"] for item in response.context["items"]]


def test_chooser_permissions_by_role(
    client: Client, sign_in: Callable[..., Client], image: Image
) -> None:
    address = reverse("library:browse")
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))
    for role in Role:
        response = sign_in(role).get(address)
        assert response.status_code == (200 if role in VIEWERS else 403), role
        if role in VIEWERS:
            assert (b"data-upload" in response.content) is (role in UPLOADERS)


def test_chooser_search(sign_in: Callable[..., Client], image: Image, editor: User) -> None:
    other = add_image(
        file=as_upload(encode_image(make_image(31, 21)), "x.jpg"),
        by=editor,
        title="法庭",
        credit="张三",
    )
    hidden = add_image(file=as_upload(encode_image(make_image(32, 21)), "牌匾二.jpg"), by=editor)
    set_hidden(media_file=hidden, hidden=True, by=editor)
    client = sign_in(Role.EDITOR)
    address = reverse("library:browse")
    assert item_ids(client.get(address)) == [other.pk, image.pk]
    for words, expected in {
        "牌匾": [image.pk],
        "一块": [image.pk],
        "张三": [other.pk],
        "法庭 张三": [other.pk],
        "法庭 李四": [],
        "%": [],
        "'": [],
    }.items():
        assert item_ids(client.get(address, {"q": words})) == expected, words


def test_chooser_pages_need_the_same_number_of_queries(
    sign_in: Callable[..., Client], editor: User, django_assert_num_queries
) -> None:
    first = add_image(file=as_upload(encode_image()), by=editor)
    rows = [
        Image(
            **{
                field.name: getattr(first, field.name)
                for field in Image._meta.fields
                if field.name not in {"id", "digest"}
            },
            digest=f"{number:064x}",
        )
        for number in range(60)
    ]
    Image.objects.bulk_create(rows)
    client = sign_in(Role.EDITOR)
    seen: list[int] = []
    address = reverse("library:browse")
    while address:
        # The queries are: save the session (4), user, roles, profile, images.
        with django_assert_num_queries(8):
            response = client.get(address)
        seen += item_ids(response)
        older = response.context["older"]
        address = older and reverse("library:browse") + older
    assert seen == list(Image.objects.order_by("-pk").values_list("pk", flat=True))
    assert len(seen) == 61


def test_invalid_parameters_of_the_chooser(sign_in: Callable[..., Client], image: Image) -> None:
    client = sign_in(Role.EDITOR)
    address = reverse("library:browse")
    assert client.get(address, {"picker": "user"}).status_code == 404
    for query in ({"before": "x"}, {"before": "9" * 30}, {"CKEditorFuncNum": "alert(1)"}):
        response = client.get(address, query)
        assert item_ids(response) == [image.pk]
        assert response.context["function_number"] is None


def test_chooser_lists_attachments(sign_in: Callable[..., Client], attachment: Attachment) -> None:
    response = sign_in(Role.EDITOR).get(reverse("library:browse"), {"picker": "attachment"})
    assert item_ids(response) == [attachment.pk]


def test_chooser_escapes_titles(sign_in: Callable[..., Client], editor: User) -> None:
    add_image(file=as_upload(encode_image()), by=editor, title='"><script>alert(1)</script>')
    content = sign_in(Role.EDITOR).get(reverse("library:browse")).content
    assert b"<script>alert" not in content
