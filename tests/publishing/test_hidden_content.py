"""Attached files with hidden content block a release; the library offers cleaned copies."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from news.models import Article
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.background import background_task
from portal.library.actions import add_attachment
from portal.library.cleaned_copies import PendingExaminer, add_cleaned_copy
from portal.library.models import Attachment
from portal.management.commands import run_due
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.publishing.content_checks import check_revision
from portal.publishing.errors import Blocked, NotAllowed
from portal.publishing.models import Revision
from tests.factories import column, content, user
from tests.library.hidden_content_files import SECRET, docx, pdf, pptx, slide, xlsx
from tests.library.sample_files import as_upload

pytestmark = pytest.mark.django_db

TRACKED = docx(
    "<w:p><w:r><w:t>本案当事人为</w:t></w:r>"
    f"<w:del><w:r><w:delText>{SECRET}</w:delText></w:r></w:del></w:p>"
)


@pytest.fixture
def attachment() -> Attachment:
    return add_attachment(file=as_upload(TRACKED, "通知.docx"), by=user(Role.EDITOR))


def draft_with(attachment: Attachment) -> Revision:
    text = content(column(), files=[{"attachment": attachment.pk, "title": ""}])
    obj = Article()
    result = actions.save(obj=obj, content=text, by=user(Role.EDITOR), token=VersionToken.of(obj))
    assert result.revision is not None
    return result.revision


def codes(revision: Revision) -> list[tuple[str, bool]]:
    return [(each.code, each.blocking) for each in check_revision(revision)]


def test_every_article_that_carries_the_file_has_the_finding(attachment: Attachment) -> None:
    for _number in range(2):
        revision = draft_with(attachment)
        assert codes(revision) == [("hidden-content", False)]
        message = check_revision(revision)[0].message
        assert "通知.docx" in message
        assert "修订痕迹" in message
        assert "请换成清理副本" in message


def test_no_cleaned_copy_is_promised_where_none_can_be_made() -> None:
    damaged = add_attachment(file=as_upload(b"%PDF-1.4 %%EOF", "通知.pdf"), by=user(Role.EDITOR))
    message = check_revision(draft_with(damaged))[0].message
    assert "清理副本" not in message
    assert "请重新保存" in message


def test_finding_blocks_and_an_override_needs_the_right_and_is_logged(
    attachment: Attachment,
) -> None:
    revision = draft_with(attachment)
    editor, publisher = user(Role.EDITOR), user(Role.EDITOR, Role.PUBLISHER)
    with pytest.raises(Blocked):
        actions.submit(revision=revision, by=editor, digest=revision.digest)
    with pytest.raises(NotAllowed):
        actions.submit(revision=revision, by=editor, digest=revision.digest, override_reason="急")
    actions.submit(
        revision=revision, by=publisher, digest=revision.digest, override_reason="修订已公开"
    )
    entry = Entry.objects.filter(action="workflow.submit").latest("pk")
    assert entry.details["override_reason"] == "修订已公开"


def test_cleaned_copy_has_no_finding_and_is_logged(attachment: Attachment) -> None:
    publisher = user(Role.PUBLISHER)
    copy = add_cleaned_copy(attachment=attachment, by=publisher)
    assert (copy.cleaned_from, copy.name, copy.findings_text) == (attachment, "通知.docx", "")
    assert codes(draft_with(copy)) == []
    entry = Entry.objects.get(action="library.clean")
    assert entry.details["copy"] == copy.pk
    assert entry.details["removed"] == {"tracked": 1}
    assert add_cleaned_copy(attachment=attachment, by=publisher) == copy
    with pytest.raises(ValidationError):
        add_cleaned_copy(attachment=copy, by=publisher)


def test_cleaned_copy_by_role(attachment: Attachment) -> None:
    for role in Role:
        by = user(role)
        client = Client()
        client.force_login(by)
        url = reverse("admin:library_attachment_clean", args=[attachment.pk])
        is_allowed = role in {Role.EDITOR, Role.PUBLISHER, Role.HONORS}
        assert client.post(url).status_code == (302 if is_allowed else 403), role
        if not is_allowed:
            with pytest.raises(PermissionDenied):
                add_cleaned_copy(attachment=attachment, by=by)


def test_library_shows_the_findings_and_the_copy(attachment: Attachment) -> None:
    client = Client()
    client.force_login(user(Role.EDITOR))
    page = reverse("admin:library_attachment_change", args=[attachment.pk])
    clean = reverse("admin:library_attachment_clean", args=[attachment.pk])
    html = client.get(page).content.decode()
    assert "修订痕迹 (1)" in html
    assert f'formaction="{clean}"' in html
    copy_page = client.post(clean)["Location"]
    assert copy_page != page
    assert copy_page in client.get(page).content.decode()
    assert "formaction" not in client.get(copy_page).content.decode()


def test_viewers_see_the_findings_without_the_button(attachment: Attachment) -> None:
    client = Client()
    client.force_login(user(Role.AUDITOR))
    page = client.get(reverse("admin:library_attachment_change", args=[attachment.pk]))
    assert "修订痕迹 (1)" in page.content.decode()
    assert "formaction" not in page.content.decode()


def test_files_of_an_earlier_version_are_examined_by_a_command(attachment: Attachment) -> None:
    Attachment.objects.update(examination=None)
    revision = draft_with(attachment)
    assert codes(revision) == [("hidden-content", False)]
    assert "尚未检查" in check_revision(revision)[0].message
    call_command("examine_attachments")
    attachment.refresh_from_db()
    assert attachment.examination == {"found": {"tracked": 1}, "obstacles": []}


def pending(count: int) -> list[Attachment]:
    """Return attachments that an earlier version stored; each has other bytes."""
    editor = user(Role.EDITOR)
    files = [
        add_attachment(file=as_upload(docx(f"<w:p/>{number}"), f"{number}.docx"), by=editor)
        for number in range(count)
    ]
    Attachment.objects.update(examination=None)
    return files


def unexamined() -> list[int]:
    found = Attachment.objects.filter(examination__isnull=True).order_by("pk")
    return list(found.values_list("pk", flat=True))


def test_run_due_examines_files_of_an_earlier_version(
    attachment: Attachment, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [attachment, *pending(2)]
    monkeypatch.setattr(run_due, "EXAMINED_AT_ONCE", 2)
    call_command("run_due")
    assert unexamined() == [files[2].pk]
    attachment.refresh_from_db()
    assert attachment.examination == {"found": {"tracked": 1}, "obstacles": []}
    call_command("run_due")
    assert unexamined() == []


def test_a_file_that_cannot_be_read_is_tried_again_after_the_others() -> None:
    first, second, third = pending(3)
    path = default_storage.path(first.public_file_names[0])
    data = Path(path).read_bytes()
    Path(path).unlink()
    examiner = PendingExaminer()
    assert examiner.step(limit=2) == [first.pk, second.pk]
    assert examiner.step(limit=2) == [third.pk]
    assert examiner.step(limit=2) == []
    assert unexamined() == [first.pk]
    Path(path).write_bytes(data)
    assert examiner.step(limit=2) == [first.pk]
    assert unexamined() == []


def test_an_examiner_that_is_stopped_ends_after_the_file() -> None:
    files = pending(3)
    assert PendingExaminer().step(limit=3, is_stopped=lambda: True) == [files[0].pk]


def test_the_scheduler_examines_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_due.serving, "page_store_kept_current", nullcontext)
    monkeypatch.setattr(run_due.file_indexing, "background_reader", nullcontext)
    monkeypatch.setattr(run_due.signal, "signal", lambda *_: None)
    seen = threading.Event()
    monkeypatch.setattr(PendingExaminer, "step", lambda *_args, **_options: seen.set())
    monkeypatch.setattr(run_due.Command, "loop", lambda *_: seen.wait(60))
    call_command("run_due", loop=True)
    assert seen.is_set()


def test_a_background_task_goes_on_after_an_exception() -> None:
    calls: list[int] = []
    done = threading.Event()

    def work(_stopped: threading.Event) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OSError
        done.set()

    with background_task("test", work, interval=0):
        assert done.wait(60)


ONE_OF_EACH = {
    "docx": (TRACKED, "修订痕迹"),
    "xlsx": (
        xlsx([("表", "visible", "<sheetData/>"), ("二", "hidden", "<sheetData/>")]),
        "隐藏工作表",
    ),
    "pptx": (pptx([slide("公开"), slide(SECRET, 'show="0"')]), "隐藏幻灯片"),
    "pdf": (pdf(info={"Author": SECRET}), "作者"),
}


@pytest.mark.parametrize(("kind", "data", "words"), [(k, *v) for k, v in ONE_OF_EACH.items()])
def test_each_kind_goes_the_same_way(kind: str, data: bytes, words: str) -> None:
    """Found, blocked, let pass with a logged reason by those with the right; cleaned without."""
    assert set(ONE_OF_EACH) == set(Attachment.Kind.values)
    editor, publisher = user(Role.EDITOR), user(Role.EDITOR, Role.PUBLISHER)
    file = add_attachment(file=as_upload(data, f"通知.{kind}"), by=editor)
    assert file.kind == kind
    revision = draft_with(file)
    assert words in check_revision(revision)[0].message
    with pytest.raises(Blocked):
        actions.submit(revision=revision, by=publisher, digest=revision.digest)
    with pytest.raises(NotAllowed):
        actions.submit(revision=revision, by=editor, digest=revision.digest, override_reason="急")
    copy = add_cleaned_copy(attachment=file, by=editor)
    assert (copy.kind, copy.findings_text, codes(draft_with(copy))) == (kind, "", [])
    actions.submit(
        revision=revision, by=publisher, digest=revision.digest, override_reason="已公开"
    )
    assert Entry.objects.filter(action="workflow.submit").latest("pk").details[
        "override_reason"
    ] == ("已公开")
    client = Client()
    client.force_login(editor)
    response = client.get(file.private_url)
    assert response["Content-Type"].startswith("application/")
    assert response.getvalue() == data
