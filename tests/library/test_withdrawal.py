"""What readers see of the library's files changes only by a release or a withdrawal."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.test import Client

from news.models import Article
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.library import media_sync
from portal.library.actions import add_attachment, set_hidden
from portal.library.models import Attachment, Image, MediaFile
from portal.library.waiting import waiting_pages
from portal.library.withdrawal import reinstate, withdraw
from portal.publishing import actions
from portal.publishing.models import Revision
from portal.publishing.states import ChangeKind
from tests import factories
from tests.factories import Newsroom
from tests.publishing.page_forms import HtmlForm
from tests.publishing.sample_uploads import document_upload

pytestmark = pytest.mark.django_db

OLD_NAME = "旧名.pdf"
NEW: dict[str, dict[str, str]] = {
    "image": {
        "title": "库里新题",
        "alt": "库里新替代",
        "credit": "库里新供图",
        "focal_x": "11",
        "focal_y": "93",
    },
    "attachment": {"title": "库里新题", "name": "库里新名.pdf"},
}


class Scene:
    """A released article with an attached image, an image in its text, and an attachment."""

    def __init__(self) -> None:
        self.newsroom = Newsroom()
        by = self.newsroom.editor
        self.image = factories.image(by, title="题", alt="库里旧替代", credit="库里旧供图")
        self.inside = factories.image(by, alt="文中旧替代")
        self.attachment = add_attachment(file=document_upload(), by=by, title="旧题")
        Attachment.objects.filter(pk=self.attachment.pk).update(name=OLD_NAME)
        self.attachment.refresh_from_db()
        self.article = self.release()

    def release(self, **fields: Any) -> Article:
        picture = {"image": self.image.pk, "alt": self.image.alt, "credit": self.image.credit}
        body = f'<p>正文<img data-image="{self.inside.pk}" alt="文中旧替代"></p>'
        return self.newsroom.live(
            body=body,
            pictures=[{**picture, "caption": "图注", "focal_x": 50, "focal_y": 50}],
            files=[{"attachment": self.attachment.pk, "title": ""}],
            **fields,
        )

    @property
    def files(self) -> dict[str, MediaFile]:
        return {"image": self.image, "attachment": self.attachment}


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def page(article: Article) -> str:
    response = Client().get(article.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def public_texts(article: Article) -> list[str]:
    """Return the page, the lists, the feeds and the home page."""
    paths = [article.get_absolute_url(), "/", "/news/", "/feeds/news.atom", "/feeds/news.json"]
    return [Client().get(path).content.decode() for path in paths]


def change(scene: Scene, kind: str, **fields: str) -> Any:
    """Change a file on its page of the admin, as an editor."""
    client = Client()
    client.force_login(scene.newsroom.editor)
    address = f"/admin/library/{kind}/{scene.files[kind].pk}/change/"
    form = HtmlForm(client.get(address).content, f"{kind}_form")
    response = client.post(address, form.data(_save="", **fields), follow=True)
    assert response.status_code == 200
    scene.files[kind].refresh_from_db()
    return response


@pytest.mark.parametrize("kind", NEW)
@pytest.mark.parametrize("hidden", [False, True])
def test_a_change_in_the_library_changes_no_public_page(
    scene: Scene, kind: str, hidden: bool
) -> None:
    before = public_texts(scene.article)
    change(scene, kind, **NEW[kind], **({"hidden": "on"} if hidden else {}))
    stored = {name: str(getattr(scene.files[kind], name)) for name in NEW[kind]}
    assert (stored, scene.files[kind].hidden) == (NEW[kind], hidden)
    assert public_texts(scene.article) == before


def test_a_download_keeps_its_name_until_the_release(scene: Scene) -> None:
    media_sync.resync()
    name = f"/media/{scene.attachment.public_file_names[0]}"

    def download_name() -> str:
        response = Client().get(name)
        response.getvalue()
        return response["Content-Disposition"]

    before = download_name()
    change(scene, "attachment", name="新名.pdf")
    assert download_name() == before
    assert f'download="{OLD_NAME}"' in page(scene.article)
    release_again(scene, scene.article)
    assert download_name() != before
    assert 'download="新名.pdf"' in page(scene.article)


def test_pages_with_different_names_decide_by_their_links(scene: Scene) -> None:
    """The header then has no name, because browsers prefer it to the link's."""
    change(scene, "attachment", name="新名.pdf")
    second = scene.release()
    media_sync.resync()
    response = Client().get(f"/media/{scene.attachment.public_file_names[0]}")
    response.getvalue()
    assert response["Content-Disposition"] == "attachment"
    assert f'download="{OLD_NAME}"' in page(scene.article)
    assert 'download="新名.pdf"' in page(second)


def release_again(scene: Scene, article: Article) -> None:
    """Save the article as it is, declare the correction, review and release it."""
    newsroom = scene.newsroom
    article = Article.objects.get(pk=article.pk)
    content = article.newest_revision.content
    token = actions.VersionToken.of(article)
    saved = actions.save(obj=article, content=content, by=newsroom.editor, token=token)
    assert saved.changed
    revision = actions.correct(
        obj=article, by=newsroom.editor, kind=ChangeKind.TYPOGRAPHICAL, token=saved.token
    )
    newsroom.release(newsroom.approve(newsroom.submit(revision)))


def test_a_new_file_name_is_part_of_the_digest(scene: Scene) -> None:
    live = scene.article.live_revision
    assert live is not None
    change(scene, "attachment", name="新名.pdf")
    token = actions.VersionToken.of(scene.article)
    saved = actions.save(
        obj=scene.article, content=live.content, by=scene.newsroom.editor, token=token
    )
    assert saved.changed
    assert saved.revision.content["files"][0]["name"] == "新名.pdf"
    assert saved.revision.digest != live.digest
    assert live.has_valid_digest()


def reasons(media_file: MediaFile) -> dict[int, tuple[str, ...]]:
    return {each.obj.pk: each.reasons for each in waiting_pages(media_file)}


@pytest.mark.parametrize(
    ("kind", "fields", "count"),
    [
        ("attachment", {"name": "新名.pdf"}, 1),
        ("attachment", {"hidden": "on"}, 1),
        ("image", {"alt": "新替代", "credit": "新供图"}, 2),
        ("image", {"focal_x": "10"}, 1),
        ("image", {"title": "只给同事看"}, 0),
        ("image", {}, 0),
    ],
)
def test_the_library_says_which_pages_wait(
    scene: Scene, kind: str, fields: dict[str, str], count: int
) -> None:
    other = scene.newsroom.live()
    response = change(scene, kind, **fields)
    found = reasons(scene.files[kind])
    assert {pk: len(each) for pk, each in found.items()} == (
        {scene.article.pk: count} if count else {}
    )
    assert other.pk not in found
    assert ("个公开页面等待发布" in response.content.decode()) == bool(count)


def test_words_of_the_writers_own_wait_for_nothing(scene: Scene) -> None:
    row = {"image": scene.image.pk, "alt": "本文自己的话", "caption": "", "credit": "本文供图"}
    article = scene.newsroom.live(pictures=[{**row, "focal_x": 20, "focal_y": 20}])
    change(scene, "image", alt="新替代", credit="新供图", focal_x="30")
    assert set(reasons(scene.image)) == {scene.article.pk}
    assert article.pk != scene.article.pk


def test_an_image_inside_a_text_waits_too(scene: Scene) -> None:
    scene.image, inside = scene.inside, scene.inside
    change(scene, "image", alt="文中新替代")
    assert set(reasons(inside)) == {scene.article.pk}
    change(scene, "image", alt="文中旧替代")  # the library says again what readers see
    assert reasons(inside) == {}


def test_a_page_waits_no_more_after_its_release(scene: Scene) -> None:
    change(scene, "attachment", name="新名.pdf")
    change(scene, "attachment", name="更新的名.pdf")
    assert set(reasons(scene.attachment)) == {scene.article.pk}
    release_again(scene, scene.article)
    assert reasons(scene.attachment) == {}


def is_served(url: str) -> bool:
    response = Client().get(url)
    getattr(response, "getvalue", bytes)()
    return response.status_code == 200


@pytest.mark.parametrize("kind", NEW)
def test_a_withdrawal_shows_its_reason_everywhere_at_once(scene: Scene, kind: str) -> None:
    media_sync.resync()
    media_file = scene.files[kind]
    url = f"/media/{media_file.public_file_names[0]}"
    assert is_served(url)
    client = Client()
    client.force_login(scene.newsroom.publisher)
    address = f"/admin/library/{kind}/{media_file.pk}/withdrawal/"
    assert str(scene.article) in client.get(address).content.decode()
    assert client.post(address, {"reason": " "}).status_code == 422
    assert client.post(address, {"reason": "侵犯肖像权"}).status_code == 302
    media_sync.process_sync_tasks()
    html = page(scene.article)
    assert html.count("侵犯肖像权") == 1
    assert media_file.digest not in "".join(public_texts(scene.article))
    assert ("图注" in html) == (kind == "attachment")
    assert not is_served(url)
    entry = Entry.objects.get(action="library.withdraw")
    assert (entry.actor_label, entry.details["reason"]) == (
        str(scene.newsroom.publisher),
        "侵犯肖像权",
    )
    assert client.post(address, {"reason": "再一次"}).status_code == 422
    assert client.post(address, {"_reinstate": ""}).status_code == 302
    media_sync.process_sync_tasks()
    assert is_served(url)
    assert "侵犯肖像权" not in page(scene.article)
    assert Entry.objects.get(action="library.reinstate").details == {"withdrawn_for": "侵犯肖像权"}


@pytest.mark.parametrize(
    "role",
    [Role.EDITOR, Role.HONORS, Role.FIRST_REVIEWER, Role.FINAL_REVIEWER, Role.SITE_ADMIN],
)
def test_only_publishers_withdraw(scene: Scene, role: Role) -> None:
    by: User = factories.user(role)
    with pytest.raises(PermissionDenied):
        withdraw(media_file=scene.image, by=by, reason="侵权")
    with pytest.raises(PermissionDenied):
        reinstate(media_file=scene.image, by=by)
    scene.image.refresh_from_db()
    assert not scene.image.is_withdrawn


@pytest.mark.parametrize("reason", ["", "  ", "长" * 301])
def test_a_withdrawal_needs_a_reason(scene: Scene, reason: str) -> None:
    with pytest.raises(ValidationError):
        withdraw(media_file=scene.image, by=scene.newsroom.publisher, reason=reason)
    for values in ({"withdrawn_at": "2026-01-01T00:00Z"}, {"notice": "侵权"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Image.objects.filter(pk=scene.image.pk).update(**values)


@pytest.mark.parametrize("how", ["hidden", "withdrawn"])
def test_files_out_of_use_are_not_released_anew(scene: Scene, how: str) -> None:
    row = {"attachment": scene.attachment.pk, "title": ""}
    revision: Revision = scene.newsroom.approved(files=[row])
    if how == "hidden":
        set_hidden(media_file=scene.attachment, hidden=True, by=scene.newsroom.editor)
    else:
        withdraw(media_file=scene.attachment, by=scene.newsroom.publisher, reason="侵权")
    with pytest.raises(actions.releasing.Blocked):
        scene.newsroom.release(revision)


def test_a_withdrawn_text_comes_back_as_it_was_released(scene: Scene) -> None:
    before = page(scene.article)
    article = actions.withdraw(obj=scene.article, by=scene.newsroom.publisher, reason="核对。")
    change(scene, "attachment", name="新名.pdf", hidden="on")
    change(scene, "image", alt="新替代", hidden="on")
    actions.reinstate(obj=article, by=scene.newsroom.publisher)
    assert page(scene.article) == before


def test_a_reviewers_new_name_reaches_no_released_page(scene: Scene) -> None:
    before = page(scene.article)
    assert scene.newsroom.reviewer1.full_name in before
    User.objects.update(full_name="改后的名字")
    assert page(scene.article) == before
