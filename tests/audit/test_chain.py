"""Tests of the audit log's hash chain and of its verification."""

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone, translation

from portal.accounts.models import User
from portal.audit import triggers, verification
from portal.audit.actions import NotInTransactionError, ensure_head, log_event
from portal.audit.address import override_client_address
from portal.audit.models import Entry, Head

pytestmark = pytest.mark.django_db


def write_entries(count: int) -> None:
    for number in range(count):
        with transaction.atomic():
            log_event(action="test", actor_label="somebody", details={"number": number})


@pytest.mark.django_db(transaction=True)
def test_entry_outside_a_transaction_is_refused():
    with pytest.raises(NotInTransactionError):
        log_event(action="test")
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_entry_is_rolled_back_with_its_transaction():
    write_entries(1)

    @transaction.atomic
    def fail_after_logging() -> None:
        log_event(action="lost")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_logging()
    write_entries(1)
    assert list(Entry.objects.order_by("id").values_list("id", "action")) == [
        (1, "test"),
        (2, "test"),
    ]
    assert verification.verify() == verification.VerificationResult(2)


def test_entry_stores_actor_object_result_and_address():
    user = User.objects.create_user("wang", full_name="王某")
    before = timezone.now()
    with override_client_address("192.0.2.7"):
        log_event(action="test", obj=user, actor=user, result="refused", details={"why": "因为"})
    entry = Entry.objects.get()
    assert before <= entry.at <= timezone.now()
    assert (entry.actor_id, entry.actor_label, entry.address) == (user.pk, "王某", "192.0.2.7")
    assert (entry.action, entry.result, entry.details) == ("test", "refused", {"why": "因为"})
    assert (entry.object_type, entry.object_id, entry.object_label) == (
        "accounts.user",
        str(user.pk),
        "王某",
    )


@pytest.mark.parametrize(
    "details",
    [
        {"b": 1, "a": [1.5, 1e300, float("inf"), float("nan"), -0.0, 10**30, True, None]},
        {"text": "换行\r\n\x00 \ud800 \U0001f600", "nested": {"z": {}, "": []}},
        {"at": timezone.now(), 3: "key"},
    ],
)
def test_details_read_from_the_database_have_the_same_hash(details):
    log_event(action="x" * 300, actor_label="\x00" * 300, details=details)
    entry = Entry.objects.get()
    assert entry.hash == entry.computed_hash()
    assert verification.verify() == verification.VerificationResult(1)


def test_each_entry_stores_the_hash_of_the_previous_one():
    write_entries(3)
    first, second, third = Entry.objects.order_by("id")
    assert [entry.id for entry in (first, second, third)] == [1, 2, 3]
    assert (first.previous_hash, second.previous_hash) == ("", first.hash)
    assert third.previous_hash == second.hash
    head = Head.objects.get()
    assert (head.sequence, head.hash) == (3, third.hash)


def test_verify_audit_accepts_a_valid_chain(capsys, monkeypatch):
    monkeypatch.setattr(verification, "BATCH_SIZE", 2)
    write_entries(5)
    call_command("verify_audit")
    assert "5" in capsys.readouterr().out


def change_text():
    Entry.objects.filter(id=3).update(object_label="another")


def change_time():
    Entry.objects.filter(id=3).update(at=timezone.now())


def change_action_and_recompute_hash():
    entry = Entry.objects.get(id=3)
    entry.action = "innocent"
    entry.hash = entry.computed_hash()
    entry.save()


def delete_one():
    Entry.objects.filter(id=3).delete()


def delete_the_last():
    Entry.objects.filter(id=5).delete()


def delete_all():
    Entry.objects.all().delete()


def set_the_head_back():
    Head.objects.update(sequence=4, hash=Entry.objects.get(id=4).hash)


def change_the_hash_of_the_head():
    Head.objects.update(hash="0" * 64)


def delete_the_head():
    Head.objects.all().delete()


@pytest.mark.parametrize(
    ("tamper", "problem"),
    [
        (change_text, "Entry 3 was changed after it was written."),
        (change_time, "Entry 3 was changed after it was written."),
        (change_action_and_recompute_hash, "Entry 4 does not follow the entry before it."),
        (delete_one, "Entry 3 is missing."),
        (delete_the_last, "Entry 5 is missing."),
        (delete_all, "Entry 1 is missing."),
        (set_the_head_back, "Entry 5 stands beyond the chain's head."),
        (change_the_hash_of_the_head, "Entry 5 is not the one that the chain's head names."),
        (delete_the_head, "The chain's head is missing."),
    ],
)
def test_verify_audit_names_the_first_invalid_entry(tamper, problem, monkeypatch):
    monkeypatch.setattr(verification, "BATCH_SIZE", 2)
    write_entries(5)
    with triggers.suspended():
        tamper()
    with translation.override("en"), pytest.raises(CommandError) as raised:
        call_command("verify_audit")
    assert str(raised.value) == problem
    assert raised.value.returncode == 1


def test_missing_head_is_not_recreated_if_entries_exist():
    write_entries(1)
    with triggers.suspended():
        Head.objects.all().delete()
    ensure_head()
    assert not Head.objects.exists()


def test_missing_head_of_an_empty_log_is_recreated():
    with triggers.suspended():
        Head.objects.all().delete()
    ensure_head()
    assert Head.objects.get().sequence == 0
