"""Invalid input must be refused with a sentence beside the field, and no input may be lost."""

import pytest
from django.test import Client

from news.models import Article
from portal.audit.models import Entry
from portal.publishing.actions import VersionToken
from portal.publishing.models import Revision
from portal.publishing.states import RevisionState
from tests import factories
from tests.factories import Newsroom
from tests.publishing.article_forms import (
    AWKWARD_TEXT,
    admin_url,
    article_input,
    assert_input_is_kept,
    assert_sentence,
)
from tests.publishing.database_rows import all_rows
from tests.publishing.page_forms import form_data

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "长" * 121),
        ("summary", "长" * 301),
        ("source", "长" * 81),
        ("source_url", "javascript:alert(1)"),
        ("source_url", "not an address"),
        ("column", "999999"),
        ("column", "x"),
        ("language", "tlh"),
        ("expires_at_0", "tomorrow"),
        ("title", "a\0b"),
    ],
    ids=lambda value: value[:20],
)
@pytest.mark.parametrize("new", [True, False], ids=["new", "draft"])
def test_an_invalid_field_keeps_all_input(
    editor_client: Client, newsroom: Newsroom, field: str, value: str, new: bool
) -> None:
    article = None if new else newsroom.draft().target
    url = admin_url("add") if article is None else admin_url("change", article.pk)
    posted = {**article_input(), field: value}
    before = all_rows()
    response = editor_client.post(url, form_data(editor_client.get(url), **posted))
    assert response.status_code == 422
    name = field.removesuffix("_0")
    form = response.context["content_forms"].main
    assert list(form.errors) == [name]
    assert_sentence(form.errors[name])
    assert_input_is_kept(
        response, {key: each for key, each in posted.items() if key not in {field, "column"}}
    )
    if field not in {"column", "language", "expires_at_0"} and "\0" not in value:
        assert_input_is_kept(response, {field: value})
    assert all_rows() == before
    # After the field is corrected, the form is saved with all other input.
    corrected = form_data(response, **{name: {"column": "", "language": "zh-hans"}.get(name, "")})
    if name == "expires_at":
        corrected |= {"expires_at_0": "", "expires_at_1": ""}
    assert editor_client.post(url, corrected).status_code == 302
    fields = Revision.objects.latest("pk").content["fields"]
    for key, each in article_input().items():
        if key != name:
            assert fields[key].replace("\r\n", "\n") == each.replace("\r\n", "\n"), key


def test_invalid_rows_keep_all_input(editor_client: Client, newsroom: Newsroom) -> None:
    image = factories.image(newsroom.editor)
    url = admin_url("change", newsroom.draft().target.pk)
    row = {
        "pictures-TOTAL_FORMS": "3",
        "pictures-0-image": "999999",
        "pictures-0-alt": AWKWARD_TEXT,
        "pictures-1-image": str(image.pk),
        "pictures-1-alt": "长" * 301,
        "pictures-1-focal_x": "101",
        "pictures-1-focal_y": "50",
        "pictures-2-image": "",
        "pictures-2-caption": AWKWARD_TEXT,
        "files-TOTAL_FORMS": "1",
        "files-0-attachment": "x",
        "files-0-title": AWKWARD_TEXT,
    }
    response = editor_client.post(url, form_data(editor_client.get(url), **article_input(), **row))
    assert response.status_code == 422
    content_forms = response.context["content_forms"]
    assert [set(errors) for errors in content_forms.pictures.errors] == [
        {"image", "focal_x", "focal_y"},
        {"alt", "focal_x"},
        {"image", "focal_x", "focal_y"},
    ]
    assert [set(errors) for errors in content_forms.files.errors] == [{"attachment"}]
    assert_input_is_kept(response, article_input())
    returned = form_data(response)
    for name, value in row.items():
        assert returned[name] in ([value], value), name


@pytest.mark.parametrize(
    "broken",
    [
        {"pictures-TOTAL_FORMS": "x"},
        {"pictures-TOTAL_FORMS": None, "pictures-INITIAL_FORMS": None},
        {"pictures-TOTAL_FORMS": "99999999"},
        {"token": "nonsense"},
        {"token": "9" * 5000 + ".1"},
        {"token": "99999999999999999999.99999999999999999999"},
        {"token": None},
    ],
)
def test_a_malformed_form_is_refused(
    editor_client: Client, newsroom: Newsroom, broken: dict
) -> None:
    url = admin_url("change", newsroom.draft().target.pk)
    before = all_rows()
    response = editor_client.post(
        url, form_data(editor_client.get(url), **article_input(), **broken)
    )
    assert response.status_code in {409, 422}
    assert_input_is_kept(response, article_input())
    assert all_rows() == before


def test_malformed_addresses_are_not_found(editor_client: Client, newsroom: Newsroom) -> None:
    article = newsroom.draft().target
    ids = ["9" * 30, "9" * 5000, "x", "-1", "0"]
    for number in ids:
        assert editor_client.get(f"/admin/news/article/{number}/change/").status_code == 404
        for version in (f"r{number}", f"s{number}", number, "r\0", "r٣"):
            url = admin_url("difference", article.pk)
            assert editor_client.get(url, {"from": version}).status_code == 404
            data = {"version": version, "token": str(VersionToken.of(article))}
            assert editor_client.post(admin_url("restore", article.pk), data).status_code == 404
    for query in ({"waiting": "x\0"}, {"waiting": "nonsense"}, {"column": "9" * 5000}, {"q": "\0"}):
        assert editor_client.get(admin_url("changelist"), query).status_code in {200, 302}


def test_a_new_picture_row_survives_an_autosave(editor_client: Client, newsroom: Newsroom) -> None:
    """The form was opened without rows, and an autosave stores the added row before the save."""
    image = factories.image(newsroom.editor, alt="图")
    article = newsroom.draft().target
    url = admin_url("change", article.pk)
    row = {
        "pictures-TOTAL_FORMS": "1",
        "pictures-0-image": str(image.pk),
        "pictures-0-alt": "图",
        "pictures-0-focal_x": "50",
        "pictures-0-focal_y": "50",
    }
    data = form_data(editor_client.get(url), **row)
    for _ in range(3):
        saved = editor_client.post(admin_url("autosave", article.pk), data)
        assert saved.status_code == 200
        data["token"] = saved.json()["token"]
    assert editor_client.post(url, data).status_code == 302
    rows = Article.objects.get(pk=article.pk).open_revision.content["pictures"]
    assert [each["image"] for each in rows] == [image.pk]


@pytest.mark.parametrize("way", ["autosave", "save", "both"])
@pytest.mark.parametrize("kind", ["", "substance", "typographical"])
@pytest.mark.parametrize("note", ["", "原稿误作七月九日。"])
def test_an_incomplete_correction_is_saved_but_not_submitted(
    editor_client: Client, newsroom: Newsroom, way: str, kind: str, note: str
) -> None:
    """An incomplete kind or note of a correction is saved, but the text can't be submitted then."""
    article = newsroom.live()
    url = admin_url("change", article.pk)
    data = form_data(editor_client.get(url), change_kind=kind, public_note=note)
    saved = 0
    if way != "save":
        for _ in range(2):
            answer = editor_client.post(admin_url("autosave", article.pk), data)
            assert answer.status_code == 200
            data["token"] = answer.json()["token"]
            saved = 1
    if way != "autosave":
        assert editor_client.post(url, data).status_code == 302
        saved = 1
    stored = form_data(editor_client.get(url))
    assert (stored["change_kind"], stored["public_note"]) == ([kind], [note])
    revision = Article.objects.get(pk=article.pk).open_revision
    if not kind and not note:
        assert revision is None
        return
    assert (revision.change_kind, revision.public_note) == (kind, note)
    # Several autosaves leave one snapshot and one audit entry.
    assert revision.snapshots.count() == saved
    assert Entry.objects.filter(action="workflow.correct").count() == saved
    assert editor_client.post(url, {**stored, "_submit": "1"}).status_code == 302
    revision.refresh_from_db()
    is_complete = kind == "typographical" or (kind == "substance" and note)
    assert revision.state == (RevisionState.IN_REVIEW if is_complete else RevisionState.DRAFT)


def test_an_empty_form_creates_nothing(editor_client: Client) -> None:
    data = form_data(editor_client.get(admin_url("add")))
    page = editor_client.post(admin_url("add"), data)
    assert page.status_code == 200
    assert_sentence(page.context["messages"])
    assert not Article.objects.exists()


@pytest.mark.parametrize("field", ["title", "body", "column", "source"])
def test_a_draft_without_a_required_field_is_saved_but_not_submitted(
    editor_client: Client, newsroom: Newsroom, field: str
) -> None:
    url = admin_url("add")
    posted = {**article_input(), "column": str(newsroom.column.pk), field: ""}
    # A draft may be incomplete; the page shows the missing fields.
    saved = editor_client.post(url, form_data(editor_client.get(url), **posted), follow=True)
    assert saved.status_code == 200
    (result,) = saved.context["check_results"]
    assert (result.field, result.blocking) == (field, True)
    help_text = saved.context["content_forms"].main.fields[field].help_text
    assert assert_sentence([result.message]) in help_text
    assert help_text in saved.content.decode()
    # The submission is refused, but the input is saved.
    article = Article.objects.get()
    url = admin_url("change", article.pk)
    again = editor_client.post(
        url, form_data(editor_client.get(url), author="后来", _submit="1"), follow=True
    )
    assert str(result.message) in "".join(str(each) for each in again.context["messages"])
    revision = article.open_revision
    assert (revision.state, revision.content["fields"]["author"]) == (RevisionState.DRAFT, "后来")
    refused = editor_client.post(admin_url("do", article.pk, "submit"), {"digest": revision.digest})
    assert refused.status_code == 422
    assert Revision.objects.get().state == RevisionState.DRAFT


def test_a_draft_over_a_live_article_may_be_incomplete(
    editor_client: Client, newsroom: Newsroom
) -> None:
    article = newsroom.live(title="现行")
    url = admin_url("change", article.pk)
    assert (
        editor_client.post(url, form_data(editor_client.get(url), title="", source="")).status_code
        == 302
    )
    assert {each.field for each in editor_client.get(url).context["check_results"]} >= {
        "title",
        "source",
    }
    article.refresh_from_db()
    assert article.title == "现行"
    # A correction without its note is saved, and the field shows that the note is missing.
    posted = {"author": AWKWARD_TEXT, "change_kind": "substance", "public_note": ""}
    response = editor_client.post(url, form_data(editor_client.get(url), **posted), follow=True)
    assert response.status_code == 200
    assert "public_note" in {each.field for each in response.context["check_results"]}
    assert_sentence([response.context["content_forms"].correction.fields["public_note"].help_text])
    assert_input_is_kept(response, {"author": AWKWARD_TEXT})
    assert form_data(response)["change_kind"] == ["substance"]


@pytest.mark.parametrize(
    ("body", "stored", "words"),
    [
        ("<p>甲<del>乙</del></p>", "<p>甲</p>", "乙"),
        ('<p>甲<span style="display:none">丙</span></p>', "<p>甲</p>", "丙"),
        ('<p>甲</p><p><img src="https://x.cn/b.png"></p>', "<p>甲</p>", "x.cn"),
        ('<p><a href="javascript:a()">甲</a></p>', "<p>甲</p>", "javascript:a()"),
        ("<p>甲</p><video></video>", "<p>甲</p>", "1"),
    ],
)
def test_a_save_says_what_it_took_out_of_the_text(
    editor_client: Client, newsroom: Newsroom, body: str, stored: str, words: str
) -> None:
    posted = {**article_input(), "column": str(newsroom.column.pk), "body": body}
    data = form_data(editor_client.get(admin_url("add")), **posted)
    saved = editor_client.post(admin_url("add"), data, follow=True)
    assert Revision.objects.get().content["fields"]["body"] == stored
    change, result = saved.context["messages"]
    assert (change.level_tag, result.level_tag) == ("warning", "success")
    assert words in assert_sentence([change])
