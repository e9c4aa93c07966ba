"""Tests of bulk actions, and of the bulk review of models with one review."""

import re

import pytest
from django.test import Client

from honors.models import Honor
from portal.publishing.admin import PublishableAdmin
from portal.publishing.models import Review, Revision
from tests.factories import Newsroom, Records

pytestmark = pytest.mark.django_db

LIST = "/admin/honors/honor/"
FIELDS = {"levels": ("court",), "recipients": [{"kind": "court", "name": "", "count": ""}]}


@pytest.fixture
def records() -> Records:
    return Records(Newsroom())


@pytest.fixture
def reviewer(records: Records, client: Client) -> Client:
    client.force_login(records.newsroom.reviewer2)
    return client


def selection(*revisions: Revision, **more: str) -> dict:
    return {
        "action": "approve_selected",
        "_selected_action": [revision.object_id for revision in revisions],
        **more,
    }


def test_each_approval_is_bound_to_the_digest_on_the_page(
    records: Records, reviewer: Client
) -> None:
    one, two = (records.in_review(Honor(), name=name, **FIELDS) for name in ("甲奖", "乙奖"))
    draft = records.draft(Honor(), name="丙奖", **FIELDS)
    page = reviewer.post(LIST, selection(one, two, draft)).content.decode()
    assert Review.objects.count() == 0
    digests = dict(re.findall(r'name="digest-(\d+)" value="(\w+)"', page))
    assert digests == {str(each.object_id): each.digest for each in (one, two)}
    assert "甲奖" in page
    assert "乙奖" in page
    assert "丙奖" not in page

    both = {"reviewed": "on", "proofread": "on"}
    posted = {f"digest-{pk}": digest for pk, digest in digests.items()}
    answer = reviewer.post(LIST, selection(one, two, **both, **posted), follow=True)
    assert "审核通过" in answer.content.decode()
    states = Revision.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["approved", "approved", "draft"]
    assert set(Review.objects.values_list("digest", "reviewed", "proofread")) == {
        (one.digest, True, True),
        (two.digest, True, True),
    }


@pytest.mark.parametrize(
    "more",
    [{"reviewed": "on"}, {"proofread": "on"}, {"reviewed": "on", "proofread": "on", "digest": "x"}],
)
def test_an_approval_needs_both_confirmations_and_the_current_digest(
    more: dict, records: Records, reviewer: Client
) -> None:
    revision = records.in_review(Honor(), name="甲奖", **FIELDS)
    digest = more.pop("digest", revision.digest)
    reviewer.post(LIST, selection(revision, **more, **{f"digest-{revision.object_id}": digest}))
    assert Review.objects.count() == 0
    assert Revision.objects.get(pk=revision.pk).state == "in_review"


def test_a_long_selection_is_processed_in_parts(
    records: Records, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PublishableAdmin, "BULK_LIMIT", 2)
    revisions = [records.draft(Honor(), name=f"{n}号奖", **FIELDS) for n in range(3)]
    client.force_login(records.honors)
    data = {**selection(*revisions), "action": "submit_selected"}
    page = client.post(LIST, data, follow=True).content.decode()
    assert "一次最多处理2项" in page
    states = Revision.objects.values_list("state", flat=True)
    assert sorted(states) == ["draft", "in_review", "in_review"]
