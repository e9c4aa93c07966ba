"""Tests of the date on which the answer to a letter is due."""

import re
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from portal.audit.models import Entry
from portal.letters.models import Letter, LetterSettings

from .build import (
    form,
    letter,
    post,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "received", "due"),
    [
        ("question", date(2026, 11, 26), date(2026, 12, 11)),
        ("error", date(2026, 11, 23), date(2026, 11, 30)),  # received on a Monday
        ("error", date(2026, 11, 27), date(2026, 12, 4)),  # received on a Friday
        ("error", date(2026, 11, 28), date(2026, 12, 4)),  # received on a Saturday
        ("error", date(2026, 11, 29), date(2026, 12, 4)),  # received on a Sunday
    ],
)
def test_due_date_by_kind_and_weekday(kind: str, received: date, due: date) -> None:
    assert LetterSettings().due_on(kind, received) == due


def test_due_dates_and_form_use_the_settings(client: Client) -> None:
    LetterSettings.objects.create(letter_days=7, error_days=1, contact_days=30)
    at = timezone.make_aware(timezone.datetime(2026, 11, 27, 23, 59))
    assert letter(kind="question", at=at).due_on == date(2026, 12, 4)
    assert letter(kind="error", at=at).due_on == date(2026, 11, 30)
    page = client.get("/feedback/").content.decode()
    for days in ("7", "1", "30"):
        assert re.search(rf"(?<!\d){days}(?!\d)", page[page.index('id="letter"') :])


def test_receiving_a_letter_is_not_logged(client: Client) -> None:
    """The audit log would store the sender's IP address permanently."""
    before = Entry.objects.count()
    post(client, form())
    assert Entry.objects.count() == before
    assert Letter.objects.count() == 1
