"""What bad input gets: a sentence beside the field, and nothing that was typed is lost."""

import re
import struct
import zlib
from datetime import timedelta
from io import BytesIO
from typing import Any

import PIL.Image
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from news.models import Article
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.library.models import Attachment, Image
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.publishing.models import Revision
from portal.publishing.states import RevisionState, State
from tests import factories
from tests.factories import PASSWORD, Newsroom
from tests.publishing.database_rows import all_rows
from tests.publishing.page_forms import HtmlForm, form_data

pytestmark = pytest.mark.django_db

#: What must come back as it was typed, to the byte.
AWKWARD = "“引号”\"' &amp; <b>&lt; 😀 \u3000全角 {{ x }} {% now %} %s \\ é"
LINES = f"一行\r\n\r\n  {AWKWARD}\r\n末行"


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


@pytest.fixture
def desk(newsroom: Newsroom) -> Client:
    return signed_in(newsroom.editor)


def signed_in(person: Any) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(person)
    return client


def address(name: str, *args: Any) -> str:
    return reverse(f"admin:news_article_{name}", args=args)


def typed(**changes: str) -> dict[str, str]:
    """A whole article with awkward words in every field that takes words."""
    return {
        "title": f"标题{AWKWARD}",
        "kicker": AWKWARD,
        "subtitle": AWKWARD,
        "summary": LINES,
        "body": "<p>正文 &amp; “引号” &lt;b&gt; 😀</p>\r\n<p>第二段</p>",
        "source": AWKWARD,
        "author": AWKWARD,
        "responsible_editor": "责任编辑<>&",
        "keywords": AWKWARD,
        **changes,
    }


def still_there(response: Any, posted: dict[str, Any]) -> None:
    """The page that came back holds in its form what was sent, to the byte."""
    form = response.context["content_forms"].main
    again = form_data(response)
    for name, value in posted.items():
        if name in form.fields:
            assert form[name].value() == value, name
            assert again.get(name, [""]) == [value], name


def sentence(errors: Any) -> str:
    """A refusal's words: there are some, they are a sentence, and Chinese once translated."""
    words = " ".join(str(each) for each in errors)
    assert words.strip()
    assert words.rstrip()[-1] in "。.！!？?"
    assert translation.get_language() == settings.LANGUAGE_CODE
    return words


# --- uploads -------------------------------------------------------------------------------------


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG by its header, with as much or as little behind it as one likes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", data or zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def small_picture(kind: str = "PNG") -> bytes:
    data = BytesIO()
    PIL.Image.new("RGB", (20, 20), (9, 99, 9)).save(data, kind)
    return data.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
BAD_PICTURES = {
    "not a picture": ("a.png", b"just some words"),
    "nothing at all": ("a.png", b""),
    "a bomb": ("a.png", png(60_000, 60_000, zlib.compress(b"\0" * 1_000_000))),
    "41 megapixels": ("a.png", png(41_000, 1_000)),
    "41 megapixels, square": ("a.png", png(6_404, 6_404)),
    "cut off": ("a.jpg", small_picture("JPEG")[:200]),
    "SVG": ("a.svg", SVG),
    "SVG in disguise": ("a.png", SVG),
    "SVG with a declaration": ("a.jpg", b"\xef\xbb\xbf<?xml version='1.0'?>\n" + SVG),
    "HTML in disguise": ("a.jpg", HTML),
    "HTML behind a picture": ("a.gif", small_picture("GIF") + HTML),
    "a document": ("a.png", b"%PDF-1.4\n%%EOF"),
    "a program": ("a.png", b"MZ\x90\0" + b"\0" * 100),
    "another kind of picture": ("a.png", small_picture("TIFF")),
}


@pytest.mark.parametrize("what", BAD_PICTURES)
def test_an_upload_that_is_no_picture(desk: Client, what: str) -> None:
    name, data = BAD_PICTURES[what]
    before = all_rows("library")
    answer = desk.post(
        reverse("library:upload"),
        {"upload": SimpleUploadedFile(name, data, "image/png"), "alt": AWKWARD},
    )
    assert answer.status_code == 400
    assert answer.json()["uploaded"] == 0
    sentence([answer.json()["error"]["message"]])
    # The same refusal beside the field of the library's own page, where the words stay.
    page = desk.post(
        reverse("admin:library_image_add"),
        {"upload": SimpleUploadedFile(name, data, "image/png"), "alt": AWKWARD, "title": "题"},
    )
    assert page.status_code == 200
    form = page.context["adminform"].form
    assert list(form.errors) == ["upload"]
    sentence(form.errors["upload"])
    assert (form["alt"].value(), form["title"].value()) == (AWKWARD, "题")
    assert all_rows("library") == before


@pytest.mark.parametrize(
    "name", ["a.txt", "a.exe", "a.svg", "a.html", "a.gif", "名字", "a.png.php"]
)
def test_a_lying_name_lies_to_nobody(desk: Client, name: str) -> None:
    """The content decides: a picture is taken whatever it is called, and stored as what it is."""
    upload = SimpleUploadedFile(name, small_picture("JPEG"), "text/html")
    answer = desk.post(reverse("library:upload"), {"upload": upload})
    assert answer.status_code == 200
    image = Image.objects.get()
    assert (image.format, image.file.name.rpartition(".")[2]) == ("jpeg", "jpg")
    served = desk.get(image.editor_url)
    served.close()
    assert served.headers["Content-Type"].startswith("image/")
    assert served.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "data", [b"words", b"", HTML, SVG, small_picture(), b"PK\x03\x04broken", b"%PDF-1.4 cut off"]
)
def test_an_attachment_that_is_none(desk: Client, data: bytes) -> None:
    upload = SimpleUploadedFile("a.pdf", data, "application/pdf")
    page = desk.post(reverse("admin:library_attachment_add"), {"upload": upload, "title": AWKWARD})
    form = page.context["adminform"].form
    assert list(form.errors) == ["upload"]
    sentence(form.errors["upload"])
    assert form["title"].value() == AWKWARD
    assert not Attachment.objects.exists()


# --- what is typed into an article ---------------------------------------------------------------


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
def test_a_field_that_is_wrong(
    desk: Client, newsroom: Newsroom, field: str, value: str, new: bool
) -> None:
    article = None if new else newsroom.draft().target
    where = address("add") if article is None else address("change", article.pk)
    posted = {**typed(), field: value}
    before = all_rows()
    response = desk.post(where, form_data(desk.get(where), **posted))
    assert response.status_code == 422
    name = field.removesuffix("_0")
    form = response.context["content_forms"].main
    assert list(form.errors) == [name]
    sentence(form.errors[name])
    still_there(
        response, {key: each for key, each in posted.items() if key not in {field, "column"}}
    )
    if field not in {"column", "language", "expires_at_0"} and "\0" not in value:
        still_there(response, {field: value})
    assert all_rows() == before
    # Mended, it goes through, with everything else as it was.
    mended = form_data(response, **{name: {"column": "", "language": "zh-hans"}.get(name, "")})
    if name == "expires_at":
        mended |= {"expires_at_0": "", "expires_at_1": ""}
    assert desk.post(where, mended).status_code == 302
    fields = Revision.objects.latest("pk").content["fields"]
    for key, each in typed().items():
        if key != name:
            assert fields[key].replace("\r\n", "\n") == each.replace("\r\n", "\n"), key


def test_rows_that_are_wrong(desk: Client, newsroom: Newsroom) -> None:
    image = factories.image(newsroom.editor)
    where = address("change", newsroom.draft().target.pk)
    row = {
        "pictures-TOTAL_FORMS": "3",
        "pictures-0-image": "999999",
        "pictures-0-alt": AWKWARD,
        "pictures-1-image": str(image.pk),
        "pictures-1-alt": "长" * 301,
        "pictures-1-focal_x": "101",
        "pictures-1-focal_y": "50",
        "pictures-2-image": "",
        "pictures-2-caption": AWKWARD,
        "files-TOTAL_FORMS": "1",
        "files-0-attachment": "x",
        "files-0-title": AWKWARD,
    }
    response = desk.post(where, form_data(desk.get(where), **typed(), **row))
    assert response.status_code == 422
    shown = response.context["content_forms"]
    assert [set(errors) for errors in shown.pictures.errors] == [
        {"image", "focal_x", "focal_y"},
        {"alt", "focal_x"},
        {"image", "focal_x", "focal_y"},
    ]
    assert [set(errors) for errors in shown.files.errors] == [{"attachment"}]
    still_there(response, typed())
    again = form_data(response)
    for name, value in row.items():
        assert again[name] in ([value], value), name


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
def test_a_form_that_no_browser_sends(desk: Client, newsroom: Newsroom, broken: dict) -> None:
    where = address("change", newsroom.draft().target.pk)
    before = all_rows()
    response = desk.post(where, form_data(desk.get(where), **typed(), **broken))
    assert response.status_code in {409, 422}
    still_there(response, typed())
    assert all_rows() == before


def test_addresses_that_no_page_has(desk: Client, newsroom: Newsroom) -> None:
    article = newsroom.draft().target
    huge = ["9" * 30, "9" * 5000, "x", "-1", "0"]
    for number in huge:
        assert desk.get(f"/admin/news/article/{number}/change/").status_code == 404
        for version in (f"r{number}", f"s{number}", number, "r\0", "r٣"):
            where = address("difference", article.pk)
            assert desk.get(where, {"from": version}).status_code == 404
            data = {"version": version, "token": str(VersionToken.of(article))}
            assert desk.post(address("restore", article.pk), data).status_code == 404
    for query in ({"waiting": "x\0"}, {"waiting": "nonsense"}, {"column": "9" * 5000}, {"q": "\0"}):
        assert desk.get(address("changelist"), query).status_code in {200, 302}


def test_a_new_picture_row_outlives_the_autosave(desk: Client, newsroom: Newsroom) -> None:
    """The form was opened without rows; an autosave has stored the one that was added."""
    image = factories.image(newsroom.editor, alt="图")
    article = newsroom.draft().target
    where = address("change", article.pk)
    row = {
        "pictures-TOTAL_FORMS": "1",
        "pictures-0-image": str(image.pk),
        "pictures-0-alt": "图",
        "pictures-0-focal_x": "50",
        "pictures-0-focal_y": "50",
    }
    data = form_data(desk.get(where), **row)
    for _ in range(3):
        saved = desk.post(address("autosave", article.pk), data)
        assert saved.status_code == 200
        data["token"] = saved.json()["token"]
    assert desk.post(where, data).status_code == 302
    rows = Article.objects.get(pk=article.pk).open_revision.content["pictures"]
    assert [each["image"] for each in rows] == [image.pk]


@pytest.mark.parametrize("way", ["autosave", "save", "both"])
@pytest.mark.parametrize("kind", ["", "substance", "typographical"])
@pytest.mark.parametrize("note", ["", "原稿误作七月九日。"])
def test_a_correction_that_is_half_said_is_kept(
    desk: Client, newsroom: Newsroom, way: str, kind: str, note: str
) -> None:
    """However it is saved, the form shows it again; only submitting asks for all of it."""
    article = newsroom.live()
    where = address("change", article.pk)
    data = form_data(desk.get(where), change_kind=kind, public_note=note)
    saved = 0
    if way != "save":
        for _ in range(2):
            answer = desk.post(address("autosave", article.pk), data)
            assert answer.status_code == 200
            data["token"] = answer.json()["token"]
            saved = 1
    if way != "autosave":
        assert desk.post(where, data).status_code == 302
        saved = 1
    shown = form_data(desk.get(where))
    assert (shown["change_kind"], shown["public_note"]) == ([kind], [note])
    revision = Article.objects.get(pk=article.pk).open_revision
    if not kind and not note:
        assert revision is None
        return
    assert (revision.change_kind, revision.public_note) == (kind, note)
    # Typing it in several goes leaves one trace in the history and one in the log.
    assert revision.snapshots.count() == saved
    assert Entry.objects.filter(action="workflow.correct").count() == saved
    assert desk.post(where, {**shown, "_submit": "1"}).status_code == 302
    revision.refresh_from_db()
    whole = kind == "typographical" or (kind == "substance" and note)
    assert revision.state == (RevisionState.IN_REVIEW if whole else RevisionState.DRAFT)


def test_an_empty_form_is_no_text(desk: Client) -> None:
    data = form_data(desk.get(address("add")))
    page = desk.post(address("add"), data)
    assert page.status_code == 200
    sentence(page.context["messages"])
    assert not Article.objects.exists()


# --- script --------------------------------------------------------------------------------------

SCRIPT = "</textarea></title><script>alert(1)</script><img src=x onerror=alert(2)>\"'><b>&amp;"
BAD_BODY = (
    '<p onclick="alert(3)">好<script>alert(4)</script><img src=x onerror=alert(5)>'
    '<a href="javascript:alert(6)">链</a><iframe src="//a.example"></iframe><svg onload=alert(7)>'
    "<style>p{}</style></p>"
)


def test_script_in_every_field_is_text_everywhere(desk: Client, newsroom: Newsroom) -> None:
    image = factories.image(newsroom.editor, title=SCRIPT, alt=SCRIPT, credit=SCRIPT)
    long_enough = {"responsible_editor": SCRIPT[:40], "source": SCRIPT[:80], "author": SCRIPT[:80]}
    data = dict.fromkeys(("title", "kicker", "subtitle", "summary", "keywords"), SCRIPT)
    row = {
        "pictures-TOTAL_FORMS": "1",
        "pictures-0-image": str(image.pk),
        "pictures-0-alt": SCRIPT,
        "pictures-0-caption": SCRIPT,
        "pictures-0-credit": SCRIPT,
        "pictures-0-focal_x": "50",
        "pictures-0-focal_y": "50",
    }
    where = address("add")
    column = {"column": str(newsroom.column.pk)}
    form = form_data(
        desk.get(where), **data, **long_enough, **row, **column, body=BAD_BODY, _submit="1"
    )
    assert desk.post(where, form).status_code == 302
    revision = Revision.objects.get()
    assert revision.state == RevisionState.IN_REVIEW
    assert revision.content["fields"]["title"] == SCRIPT
    body = revision.content["fields"]["body"]
    assert "好" in body
    assert not [each for each in ("alert", "script", "iframe", "svg", "onclick") if each in body]
    article = revision.target
    reviewer = signed_in(newsroom.reviewer1)
    returned = {"digest": revision.digest, "comment": SCRIPT}
    assert reviewer.post(address("do", article.pk, "return"), returned).status_code == 302
    pages = [desk.get(where) for where in desk_pages(article)]
    revision = newsroom.approve(newsroom.submit(Revision.objects.get()))
    article = newsroom.release(revision)
    pages += [desk.get(where) for where in desk_pages(article)]
    public = ["/", "/news/", f"/news/{newsroom.column.slug}/", f"/news/{article.pk}/"]
    pages += [Client().get(where) for where in public]
    newsroom.save(article, title=SCRIPT + "改", body=BAD_BODY + "<p>改</p>")
    pages += [desk.get(where) for where in desk_pages(article)]
    publisher = signed_in(newsroom.publisher)
    reason = {"reason": SCRIPT}
    assert publisher.post(address("do", article.pk, "withdraw"), reason).status_code == 302
    pages += [publisher.get(where) for where in desk_pages(article)]
    pages += [Client().get(f"/news/{article.pk}/"), Client().get("/corrections/")]
    for page in pages:
        text = page.content.decode()
        assert page.status_code in {200, 410}
        for bad in ("<script>alert", "<img src=x", "<svg onload", "onclick=", "<b>&"):
            assert bad not in text, page.request["PATH_INFO"]


def desk_pages(article: Article) -> list[str]:
    names = ("change", "history", "difference", "approval-form", "preview", "preview-page")
    return [
        address("changelist"),
        reverse("admin:index"),
        *(address(name, article.pk) for name in names),
    ]


# --- an article without what no article is without -----------------------------------------------


@pytest.mark.parametrize("field", ["title", "body", "column", "source"])
def test_a_text_that_lacks_something(desk: Client, newsroom: Newsroom, field: str) -> None:
    where = address("add")
    posted = {**typed(), "column": str(newsroom.column.pk), field: ""}
    # Saving keeps it: work in progress may lack anything. The page says what is missing.
    saved = desk.post(where, form_data(desk.get(where), **posted), follow=True)
    assert saved.status_code == 200
    (finding,) = saved.context["check_results"]
    assert (finding.field, finding.blocking) == (field, True)
    beside = saved.context["content_forms"].main.fields[field].help_text
    assert sentence([finding.message]) in beside
    assert beside in saved.content.decode()
    # Submitting is refused, and keeps it as well.
    article = Article.objects.get()
    where = address("change", article.pk)
    again = desk.post(where, form_data(desk.get(where), author="后来", _submit="1"), follow=True)
    assert str(finding.message) in "".join(str(each) for each in again.context["messages"])
    revision = article.open_revision
    assert (revision.state, revision.content["fields"]["author"]) == (RevisionState.DRAFT, "后来")
    refused = desk.post(address("do", article.pk, "submit"), {"digest": revision.digest})
    assert refused.status_code == 422
    assert Revision.objects.get().state == RevisionState.DRAFT


def test_a_live_article_may_lack_something_while_it_is_worked_on(
    desk: Client, newsroom: Newsroom
) -> None:
    article = newsroom.live(title="现行")
    where = address("change", article.pk)
    assert desk.post(where, form_data(desk.get(where), title="", source="")).status_code == 302
    assert {each.field for each in desk.get(where).context["check_results"]} >= {"title", "source"}
    article.refresh_from_db()
    assert article.title == "现行"
    # A correction of substance without its note: kept, and what is missing stands beside it.
    posted = {"author": AWKWARD, "change_kind": "substance", "public_note": ""}
    response = desk.post(where, form_data(desk.get(where), **posted), follow=True)
    assert response.status_code == 200
    assert "public_note" in {each.field for each in response.context["check_results"]}
    sentence([response.context["content_forms"].correction.fields["public_note"].help_text])
    still_there(response, {"author": AWKWARD})
    assert form_data(response)["change_kind"] == ["substance"]


# --- stale ---------------------------------------------------------------------------------------


def test_a_stale_save_shows_both_texts_and_loses_none(desk: Client, newsroom: Newsroom) -> None:
    article = newsroom.draft(title="先前").target
    where = address("change", article.pk)
    opened = form_data(desk.get(where))
    newsroom.save(article, title="别人存的", body="<p>别人的正文</p>")
    posted = typed()
    response = desk.post(where, {**opened, **posted})
    assert response.status_code == 409
    sentence(response.context["messages"])
    still_there(response, posted)
    conflict = response.context["conflict"]
    assert conflict["current"].title == "别人存的"
    sides = {str(change.label): change for change in conflict["changes"]}
    assert len(sides) >= 2
    assert any("别人的正文" in read(change.before) for change in sides.values())
    assert any("第二段" in read(change.after) for change in sides.values())
    assert Revision.objects.get().title == "别人存的"
    # Having seen both, the writer saves his own over it; the other's stays in the history.
    assert desk.post(where, form_data(response)).status_code == 302
    revision = Revision.objects.get()
    assert revision.title == posted["title"]
    assert "别人存的" in [each.content["fields"]["title"] for each in revision.snapshots.all()]


def read(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


@pytest.mark.parametrize("step", ["in_review", "approved", "scheduled", "archived"])
def test_a_save_that_comes_after_the_text_moved_on(
    desk: Client, newsroom: Newsroom, step: str
) -> None:
    revision = newsroom.draft(title="先前")
    article = revision.target
    where = address("change", article.pk)
    opened = form_data(desk.get(where))
    if step == "archived":
        actions.archive(obj=article, by=newsroom.publisher)
    else:
        revision = newsroom.submit(revision)
    if step in {"approved", "scheduled"}:
        revision = newsroom.approve(revision)
    if step == "scheduled":
        at = timezone.now() + timedelta(days=1)
        actions.schedule(revision=revision, by=newsroom.publisher, digest=revision.digest, at=at)
    before = all_rows()
    response = desk.post(where, {**opened, **typed()})
    assert response.status_code == 409
    sentence(response.context["messages"])
    still_there(response, typed())
    assert all_rows() == before


def test_a_save_that_comes_after_the_release_of_what_it_was_written_over(
    desk: Client, newsroom: Newsroom
) -> None:
    """The writer had the very text before him that is public now: his is a draft over it."""
    revision = newsroom.draft(title="先前")
    where = address("change", revision.object_id)
    opened = form_data(desk.get(where))
    article = newsroom.release(newsroom.approve(newsroom.submit(revision)))
    assert desk.post(where, {**opened, **typed()}).status_code == 302
    article.refresh_from_db()
    draft = article.open_revision
    assert (article.title, draft.title) == ("先前", typed()["title"])
    assert (draft.base, draft.state) == (article.live_revision, RevisionState.DRAFT)


@pytest.mark.parametrize("verb", ["approve", "return", "submit", "release", "schedule"])
def test_a_decision_about_a_text_that_is_another_now(newsroom: Newsroom, verb: str) -> None:
    revision = {
        "approve": newsroom.in_review,
        "return": newsroom.in_review,
        "submit": newsroom.draft,
        "release": newsroom.approved,
        "schedule": newsroom.approved,
    }[verb]()
    who = {"approve": newsroom.reviewer1, "return": newsroom.reviewer1, "submit": newsroom.editor}
    client = signed_in(who.get(verb, newsroom.publisher))
    article = revision.target
    seen = revision.digest
    later = timezone.localtime() + timedelta(days=2)
    data = {
        "digest": seen,
        "reviewed": "on",
        "proofread": "on",
        "comment": LINES,
        "at": later.strftime("%Y-%m-%dT%H:%M"),
    }
    if verb != "submit":
        actions.recall(revision=revision, by=newsroom.editor)
    newsroom.save(article, title="又改了一字")
    if verb != "submit":
        newsroom.submit(revision)
    if verb in {"release", "schedule"}:
        newsroom.approve(Revision.objects.get())
    before = all_rows()
    response = client.post(address("do", article.pk, verb), data)
    assert response.status_code == 422
    sentence(response.context["messages"])
    assert all_rows() == before
    # The page shows the text as it stands, and its form is about that text; the words stay in it.
    button = next(each for each in response.context["action_buttons"] if each.action == verb)
    if "comment" in button.form.fields:
        assert button.form["comment"].value() == LINES
    assert "又改了一字" in response.content.decode()
    standing = Revision.objects.get().digest
    assert button.form["digest"].value() == standing != seen
    again = client.post(address("do", article.pk, verb), {**data, "digest": standing})
    assert again.status_code == 302


# --- the wrong person, the wrong time ------------------------------------------------------------

BOTH = {"reviewed": "on", "proofread": "on", "comment": LINES}


def test_a_self_approval(newsroom: Newsroom) -> None:
    every = (Role.EDITOR, Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER)
    writer = factories.user(*every)
    revision = newsroom.submit(newsroom.save(by=writer))
    refused_approval(signed_in(writer), revision)


def test_a_second_approval_by_one_person(newsroom: Newsroom) -> None:
    reviewer = factories.user(Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER)
    client = signed_in(reviewer)
    revision = newsroom.in_review()
    data = {**BOTH, "digest": revision.digest}
    assert client.post(address("do", revision.object_id, "approve"), data).status_code == 302
    refused_approval(client, revision)
    assert Revision.objects.get().valid_approvals().count() == 1


def refused_approval(client: Client, revision: Revision) -> None:
    # The page offers no button, and says why.
    page = client.get(address("change", revision.object_id))
    assert "approve" not in [button.action.value for button in page.context["action_buttons"]]
    sentence([page.context["objection"]])
    before = {name: rows for name, rows in all_rows().items() if name != "log"}
    data = {**BOTH, "digest": revision.digest}
    response = client.post(address("do", revision.object_id, "approve"), data)
    assert response.status_code == 403
    sentence(response.context["messages"])
    button = next(each for each in response.context["action_buttons"] if each.action == "approve")
    assert button.form["comment"].value() == LINES
    assert {name: rows for name, rows in all_rows().items() if name != "log"} == before


def test_an_approval_that_confirms_only_half(newsroom: Newsroom) -> None:
    revision = newsroom.in_review()
    client = signed_in(newsroom.reviewer1)
    for missing in ("reviewed", "proofread"):
        data = {**BOTH, "digest": revision.digest}
        del data[missing]
        response = client.post(address("do", revision.object_id, "approve"), data)
        assert response.status_code == 422
        form = next(b.form for b in response.context["action_buttons"] if b.action == "approve")
        assert list(form.errors) == [missing]
        sentence(form.errors[missing])
        assert form["comment"].value() == LINES
    assert not revision.reviews.exists()


@pytest.mark.parametrize("verb", ["return", "withdraw"])
def test_a_verb_that_needs_words(newsroom: Newsroom, verb: str) -> None:
    article = newsroom.live() if verb == "withdraw" else newsroom.in_review().target
    client = signed_in(newsroom.publisher if verb == "withdraw" else newsroom.reviewer1)
    name = {"return": "comment", "withdraw": "reason"}[verb]
    before = all_rows()
    for words in ("", "   ", "长" * (301 if verb == "withdraw" else 2001)):
        revision = article.open_revision
        data = {name: words, "digest": revision.digest if revision else ""}
        response = client.post(address("do", article.pk, verb), data)
        assert response.status_code == 422
        form = next(b.form for b in response.context["action_buttons"] if b.action == verb)
        assert list(form.errors) == [name]
        sentence(form.errors[name])
        assert form[name].value() == words
    assert all_rows() == before


def test_a_release_of_what_was_returned(newsroom: Newsroom) -> None:
    revision = newsroom.returned()
    client = signed_in(newsroom.publisher)
    before = all_rows()
    for verb in ("release", "schedule"):
        data = {"digest": revision.digest, "at": "2999-01-01T08:00"}
        response = client.post(address("do", revision.object_id, verb), data)
        assert response.status_code == 422
        sentence(response.context["messages"])
    assert all_rows() == before
    assert Article.objects.get().state == State.UNRELEASED


@pytest.mark.parametrize("at", ["2001-01-01T08:00", "a minute ago", "", "tomorrow", "2999-99-99T1"])
def test_a_schedule_that_cannot_be(newsroom: Newsroom, at: str) -> None:
    revision = newsroom.approved()
    if at == "a minute ago":
        at = (timezone.localtime() - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")
    client = signed_in(newsroom.publisher)
    before = all_rows()
    data = {"digest": revision.digest, "at": at}
    response = client.post(address("do", revision.object_id, "schedule"), data)
    assert response.status_code == 422
    form = next(b.form for b in response.context["action_buttons"] if b.action == "schedule")
    assert list(form.errors) == ["at"]
    sentence(form.errors["at"])
    assert form["at"].value() == at
    assert all_rows() == before


# --- an expired session --------------------------------------------------------------------------


@pytest.fixture(params=["change", "add"])
def expired(request: Any, newsroom: Newsroom) -> tuple[Client, str, dict[str, Any]]:
    """A browser with a form of the desk in it, whose session has run out meanwhile."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(newsroom.editor)
    article = newsroom.draft().target
    where = address("add") if request.param == "add" else address("change", article.pk)
    form = form_data(client.get(where), **typed())
    client.cookies.pop(settings.SESSION_COOKIE_NAME)
    return client, where, form


def test_a_session_that_ends_in_the_middle_of_writing(
    expired: tuple[Client, str, dict[str, Any]],
) -> None:
    client, where, form = expired
    before = all_rows()
    page = client.post(where, form)
    assert page.status_code == 403
    assert all_rows()["news_article"] == before["news_article"]
    door = HtmlForm(page.content, "login-form")
    wrong = client.post(door.action, door.data(username="editor", password="wrong"))
    door = HtmlForm(wrong.content, "login-form")
    kept = client.post(door.action, door.data(username="editor", password=PASSWORD))
    resume = HtmlForm(kept.content, "resume-form")
    assert resume.action == where
    carried = resume.data()
    for name, value in form.items():
        if name != "csrfmiddlewaretoken":
            assert carried[name] == (value if isinstance(value, list) else [value]), name
    saved = client.post(resume.action, carried)
    assert saved.status_code == 302
    fields = Revision.objects.latest("saved_at").content["fields"]
    for name, value in typed().items():
        assert fields[name].replace("\r\n", "\n") == value.replace("\r\n", "\n"), name


def test_a_session_that_ends_before_an_autosave_tells_the_page(
    expired: tuple[Client, str, dict[str, Any]],
) -> None:
    """The script on the page must notice: no redirect that it would follow to a sign-in page."""
    client, where, form = expired
    where = where.replace("change/", "autosave/").replace("add/", "autosave/")
    assert client.post(where, form).status_code == 403


def test_a_decision_made_without_a_session_comes_through(newsroom: Newsroom) -> None:
    revision = newsroom.in_review()
    client = Client()
    where = address("do", revision.object_id, "approve")
    page = client.post(where, {**BOTH, "digest": revision.digest})
    assert page.status_code == 403
    door = HtmlForm(page.content, "login-form")
    kept = client.post(door.action, door.data(username="reviewer1", password=PASSWORD))
    resume = HtmlForm(kept.content, "resume-form")
    assert client.post(resume.action, resume.data()).status_code == 302
    review = revision.reviews.get()
    assert review.comment == LINES.replace("\r\n", "\n") or review.comment == LINES
