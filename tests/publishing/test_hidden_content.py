"""Attached files with hidden content block a release; the library offers cleaned copies."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from news.models import Article
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.library.actions import add_attachment
from portal.library.cleaned_copies import add_cleaned_copy
from portal.library.models import Attachment
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.publishing.content_checks import check_revision
from portal.publishing.errors import Blocked, NotAllowed
from portal.publishing.models import Revision
from tests.factories import column, content, user
from tests.library.hidden_content_files import SECRET, docx
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
