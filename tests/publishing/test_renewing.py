"""After an upgrade, open revisions of an older schema are converted and reviewed anew."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client

from news.models import Article
from portal.audit import triggers
from portal.audit.models import Entry
from portal.library.actions import add_attachment
from portal.library.descriptions import save_description
from portal.library.models import Attachment
from portal.publishing import actions
from portal.publishing.actions import renewing
from portal.publishing.errors import Refused
from portal.publishing.models import Revision
from portal.publishing.parsed_content import ParsedContent
from portal.publishing.states import OPEN, RevisionState
from tests.factories import Newsroom
from tests.publishing.sample_uploads import document_upload

pytestmark = pytest.mark.django_db

SUBMITTED = (RevisionState.IN_REVIEW, RevisionState.APPROVED, RevisionState.SCHEDULED)


class OldDatabase:
    """A revision in each state, as schema 1 stored them: without the file names of attachments."""

    def __init__(self) -> None:
        self.newsroom = newsroom = Newsroom()
        self.attachment = add_attachment(file=document_upload(), by=newsroom.editor, title="题")
        files = [{"attachment": self.attachment.pk, "title": ""}]
        self.article = newsroom.live(files=files)
        self.revisions: dict[RevisionState, Revision] = {
            RevisionState.DRAFT: newsroom.draft(files=files),
            RevisionState.RETURNED: newsroom.returned(files=files),
            RevisionState.IN_REVIEW: newsroom.approve(newsroom.in_review(files=files), 2),
            RevisionState.APPROVED: newsroom.approved(files=files),
            RevisionState.SCHEDULED: newsroom.scheduled(files=files),
        }
        with triggers.suspended():
            for revision in Revision.objects.all():
                _downgrade(revision)

    def stored(self, state: RevisionState) -> Revision:
        """Return the revision that was in this state when the old portal stopped."""
        return Revision.objects.get(pk=self.revisions[state].pk)


def _downgrade(revision: Revision) -> None:
    content: dict[str, Any] = json.loads(json.dumps(revision.content))
    for row in content["files"]:
        del row["name"]
    parsed = ParsedContent(revision.model, content)
    digest = parsed.digest((revision.change_kind, revision.public_note), 1)
    values = {"content": content, "digest": digest}
    revision.reviews.update(digest=digest)
    Revision.objects.filter(pk=revision.pk).update(schema_version=1, **values)
    revision.snapshots.update(**values)


@pytest.fixture
def old(db: None) -> OldDatabase:
    return OldDatabase()


def renew() -> None:
    """Do what ``migrate`` does at its end."""
    last = [config for config in apps.get_app_configs() if config.models_module][-1]
    renewing.after_migrations(sender=last, using="default")


@pytest.mark.parametrize("state", OPEN)
def test_open_revisions_are_converted(old: OldDatabase, state: RevisionState) -> None:
    before = old.stored(state)
    assert (before.schema_version, before.has_valid_digest()) == (1, True)
    renew()
    revision = old.stored(state)
    assert (revision.schema_version, revision.has_valid_digest()) == (2, True)
    assert revision.digest != before.digest
    assert revision.content["files"][0]["name"] == old.attachment.name
    assert revision.version == before.version
    began_anew = state in SUBMITTED
    assert revision.state == (RevisionState.IN_REVIEW if began_anew else state)
    assert revision.round == before.round + began_anew
    assert (revision.renewed_at is not None) == began_anew
    assert revision.due_at is None
    assert not began_anew or revision.next_step() == 1
    entry = Entry.objects.get(action=renewing.RENEW, object_id=str(revision.object_id))
    assert (entry.details["came_from"], entry.actor_label) == (state, "migrate")


def test_renewing_twice_changes_nothing(old: OldDatabase) -> None:
    renew()
    count = Entry.objects.count()
    assert renewing.renew_open_revisions(by="migrate") == 0
    call_command("migrate", verbosity=0)
    assert Entry.objects.count() == count


def test_the_page_says_that_the_reviews_began_anew(old: OldDatabase) -> None:
    renew()
    client = Client()
    client.force_login(old.newsroom.reviewer1)
    revision = old.stored(RevisionState.APPROVED)
    address = f"/admin/news/article/{revision.object_id}/change/"
    assert "审核已于" in client.get(address).content.decode()
    again = old.newsroom.approve(revision)
    old.newsroom.release(again)
    assert "审核已于" not in client.get(address).content.decode()


def test_released_revisions_stay_as_they_were_reviewed(old: OldDatabase) -> None:
    live = old.article.live_revision
    assert live is not None
    renew()
    again = Revision.objects.get(pk=live.pk)
    assert (again.content, again.digest, again.schema_version) == (live.content, live.digest, 1)
    assert again.has_valid_digest()
    Revision.objects.filter(pk=live.pk).update(schema_version=2)
    assert not Revision.objects.get(pk=live.pk).has_valid_digest()


def test_a_released_revision_does_not_follow_the_library(old: OldDatabase) -> None:
    """What schema 1 did not store is completed always in the same way."""
    old_name = old.attachment.name
    for name in ("第二个名.pdf", "第三个名.pdf"):
        attachment = Attachment.objects.get(pk=old.attachment.pk)
        attachment.name = name
        save_description(attachment)
    live = Article.objects.get(pk=old.article.pk).live_revision
    assert live is not None
    assert live.parse_content().file_names == {old.attachment.pk: old_name}
    article = actions.withdraw(obj=old.article, by=old.newsroom.publisher, reason="核对。")
    actions.reinstate(obj=article, by=old.newsroom.publisher)
    assert f'download="{old_name}"' in Client().get(article.get_absolute_url()).content.decode()
    token = actions.VersionToken.of(article)
    saved = actions.save(obj=article, content=live.content, by=old.newsroom.editor, token=token)
    assert saved.changed
    assert saved.revision.content["files"][0]["name"] == "第三个名.pdf"


@pytest.mark.parametrize("state", [*SUBMITTED, RevisionState.DRAFT])
def test_nothing_of_an_older_schema_goes_on(old: OldDatabase, state: RevisionState) -> None:
    """This covers the time in which a node of the new version meets an old revision."""
    revision, newsroom = old.stored(state), old.newsroom
    if state == RevisionState.SCHEDULED:
        revision = actions.unschedule(revision=revision, by=newsroom.publisher)
    step = {
        RevisionState.DRAFT: newsroom.submit,
        RevisionState.IN_REVIEW: newsroom.approve,
    }.get(state, newsroom.release)
    with pytest.raises(Refused):
        step(revision)
    assert old.stored(state).schema_version == 1
