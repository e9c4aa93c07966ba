"""The sample's letters came through the form and the verbs."""

import pytest
from django.db import transaction

from portal.audit.models import Entry
from portal.letters.models import Letter
from portal.sample import loader


@pytest.mark.django_db
def test_one_in_each_stage_and_nobody_named() -> None:
    with transaction.atomic():
        assert "letters: 3" in list(loader.load())
    found = Letter.objects.order_by("pk")
    assert [(each.kind, each.state) for each in found] == [
        ("error", "answered"),
        ("question", "in_hand"),
        ("suggestion", "new"),
    ]
    assert {(each.name, each.phone, each.email) for each in found} == {("", "", "")}
    names = Entry.objects.filter(object_type="letters.letter").order_by("pk")
    assert [entry.action for entry in names] == ["letters.take", "letters.answer", "letters.take"]
