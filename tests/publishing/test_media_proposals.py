"""Joint changes: the description of a file in many texts, reviewed once and released together."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from honors.models import Honor
from news.models import Article
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.library.actions import add_attachment, set_hidden
from portal.library.descriptions import save_description
from portal.library.models import Image
from portal.library.waiting import waiting_pages
from portal.publishing import actions
from portal.publishing.actions import proposing, releasing
from portal.publishing.errors import NotAllowed, Refused
from portal.publishing.models import MediaProposal, Revision
from portal.publishing.states import ChangeKind, RevisionState
from tests import factories
from tests.factories import Newsroom
from tests.publishing.sample_uploads import document_upload

pytestmark = pytest.mark.django_db

OLD, NEW, OWN = "旧的说明", "新的说明", "本篇自拟的说明"
NOTE = "更新图片说明"
BOTH = {"reviewed": True, "proofread": True}


class Scene:
    """Four released articles that show one image: attached, in the text, both, and own words."""

    def __init__(self) -> None:
        self.newsroom = newsroom = Newsroom()
        self.image = factories.image(newsroom.editor, alt=OLD, credit="旧供图")
        row = {"image": self.image.pk, "alt": OLD, "caption": "图注", "credit": "旧供图"}
        row |= {"focal_x": 50, "focal_y": 50}
        inside = f'<p>正文<img data-image="{self.image.pk}" alt="{OLD}"></p>'
        self.articles = [
            newsroom.live(title="附图", pictures=[row]),
            newsroom.live(title="文中图", body=inside),
            newsroom.live(title="两处图", pictures=[row], body=inside),
            newsroom.live(title="自拟", pictures=[{**row, "alt": OWN, "credit": "本报"}]),
        ]
        self.image.alt, self.image.credit = NEW, "新供图"
        save_description(self.image)

    @property
    def changed(self) -> list[Article]:
        return self.articles[:3]

    def propose(self, *articles: Article, by: User | None = None) -> MediaProposal:
        return actions.propose(
            media_file=self.image,
            by=by or self.newsroom.editor,
            keys={f"news.article:{each.pk}" for each in articles or self.changed},
            kind=ChangeKind.TYPOGRAPHICAL,
            public_note=NOTE,
        )

    def approve(self, proposal: MediaProposal) -> None:
        newsroom = self.newsroom
        for reviewer in (newsroom.reviewer1, newsroom.reviewer2, newsroom.reviewer3):
            actions.approve_proposal(
                proposal=proposal, by=reviewer, digest=proposal.digest(), **BOTH
            )

    def release(self, proposal: MediaProposal, **arguments: Any) -> int:
        return actions.release_proposal(
            proposal=proposal, by=self.newsroom.publisher, digest=proposal.digest(), **arguments
        )

    def pages(self) -> list[str]:
        responses = [Client().get(each.get_absolute_url()) for each in self.articles]
        return [response.content.decode() for response in responses]


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def states(proposal: MediaProposal) -> list[str]:
    return list(proposal.revisions.order_by("object_id").values_list("state", flat=True))


def test_three_reviews_and_one_release_change_all_texts(scene: Scene) -> None:
    before = scene.pages()
    assert [(OLD in page, NEW in page) for page in before[:3]] == [(True, False)] * 3
    proposal = scene.propose()
    assert states(proposal) == [RevisionState.IN_REVIEW] * 3
    assert scene.pages() == before
    scene.approve(proposal)
    assert states(proposal) == [RevisionState.APPROVED] * 3
    assert scene.pages() == before
    assert scene.release(proposal) == 3
    after = scene.pages()
    assert [(OLD in page, NEW in page) for page in after[:3]] == [(False, True)] * 3
    assert "新供图" in after[0]
    assert "旧供图" not in after[0]
    assert OWN in after[3]
    assert after[3] == before[3]
    assert waiting_pages(scene.image) == []
    for article in scene.changed:
        assert article.corrections().get().public_note == NOTE
        assert article.live_revision.has_valid_digest()
    proposal.refresh_from_db()
    assert proposal.state == MediaProposal.State.RELEASED
    codes = Entry.objects.filter(object_type="publishing.mediaproposal").order_by("pk")
    assert list(codes.values_list("action", flat=True)) == [proposing.PROPOSE, proposing.RELEASE]


def test_nothing_is_released_if_one_text_is_refused(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = scene.propose()
    scene.approve(proposal)
    before = scene.pages()
    last = scene.changed[-1]
    check = releasing.enforce_checks

    def refuse_last(revision: Revision, *args: Any, **kwargs: Any) -> str:
        if revision.object_id == last.pk:
            raise Refused("这一篇有问题。")
        return check(revision, *args, **kwargs)

    monkeypatch.setattr(releasing, "enforce_checks", refuse_last)
    with pytest.raises(Refused, match=r"两处图.*这一篇有问题"):
        scene.release(proposal)
    assert scene.pages() == before
    assert states(proposal) == [RevisionState.APPROVED] * 3
    proposal.refresh_from_db()
    assert proposal.is_open


def test_the_actions_on_one_text_are_refused_until_it_is_recalled(scene: Scene) -> None:
    newsroom = scene.newsroom
    proposal = scene.propose()
    article = scene.articles[0]
    revision = article.open_revision
    bound = {"revision": revision, "digest": revision.digest}
    with pytest.raises(Refused):
        actions.approve(by=newsroom.reviewer1, **bound, **BOTH)
    with pytest.raises(Refused):
        actions.return_(by=newsroom.reviewer1, comment="改", **bound)
    scene.approve(proposal)
    revision.refresh_from_db()
    with pytest.raises(Refused):
        actions.release(by=newsroom.publisher, **bound)
    actions.recall(revision=revision, by=newsroom.editor)
    assert article.open_revision.proposal is None
    assert scene.release(proposal) == 2
    assert [NEW in page for page in scene.pages()] == [False, True, True, False]
    # The text that was taken out follows the usual way.
    newsroom.release(newsroom.approve(newsroom.submit(article.open_revision)))
    assert NEW in scene.pages()[0]


def test_a_returned_proposal_frees_its_texts(scene: Scene) -> None:
    proposal = scene.propose()
    actions.return_proposal(
        proposal=proposal, by=scene.newsroom.reviewer1, digest=proposal.digest(), comment="不准确"
    )
    proposal.refresh_from_db()
    assert (proposal.state, proposal.comment) == (MediaProposal.State.RETURNED, "不准确")
    assert states(proposal) == [RevisionState.DISCARDED] * 3
    scene.image.alt = "更准确的说明"
    save_description(scene.image)
    again = scene.propose()
    scene.approve(again)
    scene.release(again)
    assert ["更准确的说明" in page for page in scene.pages()] == [True, True, True, False]


def test_a_cancelled_proposal_frees_its_texts(scene: Scene) -> None:
    proposal = scene.propose()
    with pytest.raises(NotAllowed):
        actions.cancel_proposal(proposal=proposal, by=scene.newsroom.reviewer1)
    actions.cancel_proposal(proposal=proposal, by=scene.newsroom.editor)
    assert all(article.open_revision is None for article in scene.articles)
    with pytest.raises(Refused):
        actions.cancel_proposal(proposal=proposal, by=scene.newsroom.editor)


def test_the_reviewers_are_three_people_who_did_not_propose(scene: Scene) -> None:
    newsroom = scene.newsroom
    every = factories.user(
        Role.EDITOR, Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER, Role.PUBLISHER
    )
    proposal = scene.propose(by=every)
    bound = {"proposal": proposal, "digest": proposal.digest(), **BOTH}
    with pytest.raises(NotAllowed):
        actions.approve_proposal(by=every, **bound)
    actions.approve_proposal(by=newsroom.reviewer1, **bound)
    with pytest.raises(NotAllowed):
        actions.approve_proposal(by=newsroom.reviewer1, **bound)
    with pytest.raises(Refused):
        actions.release_proposal(proposal=proposal, by=every, digest=proposal.digest())
    assert states(proposal) == [RevisionState.IN_REVIEW] * 3


@pytest.mark.parametrize("step", ["approve", "return", "release"])
def test_a_changed_set_of_texts_refuses_the_step(step: str, scene: Scene) -> None:
    newsroom = scene.newsroom
    proposal = scene.propose()
    if step == "release":
        scene.approve(proposal)
    digest = proposal.digest()
    actions.recall(revision=scene.articles[0].open_revision, by=newsroom.editor)
    functions: dict[str, Any] = {
        "approve": lambda: actions.approve_proposal(
            proposal=proposal, by=newsroom.reviewer1, digest=digest, **BOTH
        ),
        "return": lambda: actions.return_proposal(
            proposal=proposal, by=newsroom.reviewer1, digest=digest, comment="改"
        ),
        "release": lambda: actions.release_proposal(
            proposal=proposal, by=newsroom.publisher, digest=digest
        ),
    }
    before = states(proposal)
    with pytest.raises(Refused):
        functions[step]()
    assert states(proposal) == before


def test_a_limited_number_of_texts_is_chosen_at_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposing, "MAX_TEXTS", 2)
    with pytest.raises(Refused, match="2"):
        scene.propose()
    client = Client()
    client.force_login(scene.newsroom.editor)
    page = client.get(reverse("proposals:propose", args=["image", scene.image.pk]))
    assert page.content.decode().count(" checked") == 2
    assert states(scene.propose(*scene.changed[:2])) == [RevisionState.IN_REVIEW] * 2


def test_only_one_proposal_of_a_file_is_open(scene: Scene) -> None:
    first, second, _third = scene.changed
    scene.propose(first)
    with pytest.raises(Refused), transaction.atomic():
        scene.propose(second)
    assert second.open_revision is None


def test_texts_in_work_withdrawn_or_without_the_file_are_left_out(scene: Scene) -> None:
    newsroom = scene.newsroom
    first, second, third = scene.changed
    newsroom.save(first, title="在改")
    actions.withdraw(obj=second, by=newsroom.publisher, reason="有误")
    plan = {text.obj: bool(text.obstacle) for text in proposing.plan(scene.image, newsroom.editor)}
    assert plan == {first: True, third: False}
    with pytest.raises(Refused):
        scene.propose(first)
    # A text that no longer shows the file to readers is not part of the proposal, even if chosen.
    proposal = scene.propose(second, third)
    assert states(proposal) == [RevisionState.IN_REVIEW]
    assert second.open_revision is None


def test_a_file_out_of_use_is_taken_out_by_hand(scene: Scene) -> None:
    own = scene.articles[3]
    set_hidden(media_file=scene.image, hidden=True, by=scene.newsroom.editor)
    plan = {text.obj: text.obstacle for text in proposing.plan(scene.image, scene.newsroom.editor)}
    assert set(plan) == set(scene.articles)
    assert [article for article in plan if plan[article]] == [own]


@pytest.mark.parametrize(
    ("kind", "note"), [("", NOTE), (ChangeKind.SUBSTANCE, " "), ("other", NOTE)]
)
def test_a_proposal_says_what_it_corrects(kind: str, note: str, scene: Scene) -> None:
    keys = {f"news.article:{scene.articles[0].pk}"}
    with pytest.raises(Refused):
        actions.propose(
            media_file=scene.image, by=scene.newsroom.editor, keys=keys, kind=kind, public_note=note
        )
    assert not MediaProposal.objects.exists()


def test_a_file_name_is_changed_in_all_texts(scene: Scene) -> None:
    newsroom = scene.newsroom
    attachment = add_attachment(file=document_upload(), by=newsroom.editor, title="旧题")
    files = [{"attachment": attachment.pk, "title": "旧题"}]
    released = [newsroom.live(title=f"附件{number}", files=files) for number in range(2)]
    attachment.title, attachment.name = "新题", "新名.pdf"
    save_description(attachment)
    proposal = actions.propose(
        media_file=attachment,
        by=newsroom.editor,
        keys={f"news.article:{each.pk}" for each in released},
        kind=ChangeKind.SUBSTANCE,
        public_note=NOTE,
    )
    scene.approve(proposal)
    scene.release(proposal)
    for article in released:
        row = article.file_rows.get()
        assert (row.title, row.name) == ("新题", "新名.pdf")


def test_honours_need_one_review_and_articles_three(scene: Scene) -> None:
    newsroom = scene.newsroom
    records = factories.Records(newsroom)
    old = {"image": scene.image.pk, "alt": OLD, "caption": "", "credit": "旧供图"}
    honor = records.live(
        Honor(),
        name="先进集体",
        levels=("national",),
        recipients=[{"kind": "court", "name": "", "count": ""}],
        pictures=[{**old, "focal_x": 50, "focal_y": 50}],
    )
    both = factories.user(Role.EDITOR, Role.HONORS)
    keys = {f"news.article:{scene.articles[0].pk}", f"honors.honor:{honor.pk}"}
    proposal = actions.propose(
        media_file=scene.image,
        by=both,
        keys=keys,
        kind=ChangeKind.TYPOGRAPHICAL,
        public_note=NOTE,
    )
    scene.approve(proposal)
    assert scene.release(proposal) == 2
    assert honor.picture_rows.get().alt == NEW


# The admin pages


def test_the_pages_lead_from_the_library_to_the_release(scene: Scene) -> None:
    newsroom = scene.newsroom
    client = Client()
    client.force_login(newsroom.editor)
    change = reverse("admin:library_image_change", args=[scene.image.pk])
    propose = reverse("proposals:propose", args=["image", scene.image.pk])
    assert propose in client.get(change).content.decode()
    page = client.get(propose).content.decode()
    assert page.count('name="texts"') == page.count(" checked") == 3
    assert OLD in page
    assert NEW in page
    keys = [f"news.article:{each.pk}" for each in scene.changed]
    empty = client.post(propose, {"texts": keys, "kind": "typographical", "public_note": ""})
    assert empty.status_code == 422
    assert empty.content.decode().count(" checked") == 3
    made = client.post(propose, {"texts": keys, "kind": "typographical", "public_note": NOTE})
    proposal = MediaProposal.objects.get()
    assert (made.status_code, made.headers["Location"]) == (302, proposal.get_admin_url())
    steps = []
    for user in (newsroom.reviewer1, newsroom.reviewer2, newsroom.reviewer3, newsroom.publisher):
        client.force_login(user)
        page = client.get(proposal.get_admin_url()).content.decode()
        step = "release" if user == newsroom.publisher else "approve"
        url = reverse("proposals:step", args=[proposal.pk, step])
        assert url in page
        assert NEW in page
        wrong = client.post(url, {"digest": "0" * 64, "reviewed": "on", "proofread": "on"})
        assert wrong.status_code == 422
        done = client.post(url, {"digest": proposal.digest(), "reviewed": "on", "proofread": "on"})
        steps.append(done.status_code)
    assert steps == [302] * 4
    assert [NEW in page for page in scene.pages()] == [True, True, True, False]
    page = client.get(reverse("proposals:proposals")).content.decode()
    assert proposal.get_admin_url() in page


def test_a_joint_change_waits_once_on_the_start_page(scene: Scene) -> None:
    proposal = scene.propose()
    single = scene.newsroom.in_review(title="单独送审的一篇")
    client = Client()
    client.force_login(scene.newsroom.reviewer1)
    page = client.get(reverse("admin:index")).content.decode()
    assert page.count(proposal.get_admin_url()) == 1
    assert single.title in page
    for article in scene.changed:
        assert reverse("admin:news_article_change", args=[article.pk]) not in page
    client.force_login(factories.user(Role.SITE_ADMIN))
    assert proposal.get_admin_url() not in client.get(reverse("admin:index")).content.decode()


def test_the_page_of_one_text_names_the_joint_change(scene: Scene) -> None:
    proposal = scene.propose()
    client = Client()
    client.force_login(scene.newsroom.reviewer1)
    url = reverse("admin:news_article_change", args=[scene.articles[0].pk])
    page = client.get(url).content.decode()
    assert proposal.get_admin_url() in page
    assert "/do/approve/" not in page
    assert "/do/return/" not in page


def test_only_a_writer_cancels_a_proposal_whose_texts_were_taken_out(scene: Scene) -> None:
    proposal = scene.propose(scene.articles[0])
    actions.recall(revision=scene.articles[0].open_revision, by=scene.newsroom.editor)
    url = reverse("proposals:step", args=[proposal.pk, "cancel"])
    client = Client()
    for user in (scene.newsroom.reviewer1, factories.user(Role.AUDITOR)):
        client.force_login(user)
        assert url not in client.get(proposal.get_admin_url()).content.decode()
        assert client.post(url).status_code == 403
        with pytest.raises(NotAllowed):
            actions.cancel_proposal(proposal=proposal, by=user)
    client.force_login(scene.newsroom.editor)
    assert client.post(url).status_code == 302
    proposal.refresh_from_db()
    assert proposal.state == MediaProposal.State.CANCELLED


@pytest.mark.parametrize("step", ["approve", "return", "release", "cancel"])
def test_users_without_the_role_may_not_take_a_step(step: str, scene: Scene) -> None:
    proposal = scene.propose()
    for role in (Role.AUDITOR, Role.SITE_ADMIN, Role.HONORS):
        client = Client()
        client.force_login(factories.user(role))
        url = reverse("proposals:step", args=[proposal.pk, step])
        response = client.post(url, {"digest": proposal.digest(), "comment": "改", **BOTH})
        assert response.status_code == 403, role
    assert states(proposal) == [RevisionState.IN_REVIEW] * 3


def test_staff_who_may_not_read_articles_see_nothing_of_them(scene: Scene) -> None:
    proposal = scene.propose()
    client = Client()
    client.force_login(factories.user(Role.HONORS))
    assert client.get(proposal.get_admin_url()).status_code == 403
    for url in (reverse("proposals:proposals"), reverse("admin:index")):
        page = client.get(url).content.decode()
        assert proposal.get_admin_url() not in page
        assert NOTE not in page
    # After all texts were taken out, the note is still unreleased.
    for article in scene.changed:
        actions.recall(revision=article.open_revision, by=scene.newsroom.editor)
    assert client.get(proposal.get_admin_url()).status_code == 403


def test_the_image_keeps_the_words_of_other_texts(scene: Scene) -> None:
    other = factories.image(scene.newsroom.editor, alt=OLD)
    images = [f'<img data-image="{each.pk}" alt="{OLD}">' for each in (scene.image, other)]
    body = f"<p>{''.join(images)}</p>"
    article = scene.newsroom.live(title="两图", body=body)
    planned = proposing.plan(scene.image, scene.newsroom.editor)
    (content,) = (text.content for text in planned if text.obj == article)
    assert content["fields"]["body"].count(f'alt="{NEW}"') == 1
    assert content["fields"]["body"].count(f'alt="{OLD}"') == 1
    assert Image.objects.get(pk=other.pk).alt == OLD
