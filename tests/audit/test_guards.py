"""Tests of the triggers that protect the audit log, and of the registry that installs them."""

import threading
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, models, transaction
from django.db.models.signals import post_migrate

from portal.audit import triggers, verification
from portal.audit.actions import log_event
from portal.audit.models import Entry, Head
from portal.audit.triggers import Guard, append_only

pytestmark = pytest.mark.django_db

ON_POSTGRESQL = connection.vendor == "postgresql"
AUDIT_GUARDS = {"audit_entry_append_only", "audit_head_advances"}


@contextmanager
def refused_by_guard():
    with pytest.raises(DatabaseError, match=r"append-only|only advances"), transaction.atomic():
        yield


def execute_sql(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture(autouse=True)
def _one_entry():
    with transaction.atomic():
        log_event(action="test")


FORBIDDEN = [
    "UPDATE audit_entry SET action = 'other'",
    "DELETE FROM audit_entry",
    "UPDATE audit_head SET sequence = 0",
    "UPDATE audit_head SET hash = ''",
    "UPDATE audit_head SET sequence = sequence + 2",
    "DELETE FROM audit_head",
]
if ON_POSTGRESQL:
    FORBIDDEN += [
        "TRUNCATE audit_entry",
        "TRUNCATE audit_head CASCADE",
        "INSERT INTO audit_head SELECT * FROM audit_head"
        " ON CONFLICT (id) DO UPDATE SET sequence = 0",
        "INSERT INTO audit_entry SELECT * FROM audit_entry"
        " ON CONFLICT (id) DO UPDATE SET action = 'other'",
    ]
else:
    FORBIDDEN += [
        "REPLACE INTO audit_entry SELECT * FROM audit_entry",
        "REPLACE INTO audit_head SELECT * FROM audit_head",
    ]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_forbidden_sql_is_refused(sql):
    before = list(Entry.objects.values()), list(Head.objects.values())
    with refused_by_guard():
        execute_sql(sql)
    assert (list(Entry.objects.values()), list(Head.objects.values())) == before


def test_save_and_delete_through_the_orm_are_refused():
    entry = Entry.objects.get()
    with refused_by_guard():
        entry.save()
    with refused_by_guard():
        entry.delete()


def test_guards_are_installed_after_migrate():
    assert triggers.missing() & AUDIT_GUARDS == set()
    assert run_checks(databases=["default"], tags=[Tags.database]) == []


def test_missing_guard_is_reported_and_installed_by_the_next_migrate():
    with transaction.atomic(), connection.cursor() as cursor:
        triggers._drop(connection, cursor, append_only("audit_entry"))
    assert triggers.missing() == {"audit_entry_append_only"}
    assert [found.id for found in run_checks(databases=["default"], tags=[Tags.database])] == [
        "audit.W001"
    ]
    call_command("migrate", verbosity=0)
    assert triggers.missing() == set()
    with refused_by_guard():
        execute_sql("DELETE FROM audit_entry")


def test_suspended_guards_are_reinstalled_even_after_an_exception():
    def fail_while_suspended() -> None:
        with triggers.suspended():
            assert triggers.missing() >= AUDIT_GUARDS
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_while_suspended()
    assert triggers.missing() == set()


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(triggers, "_guards", dict(triggers._guards))


def sample_guard(refusal: str) -> Guard:
    return Guard(
        name="audit_test",
        table="accounts_user",
        sqlite=(
            "CREATE TRIGGER IF NOT EXISTS audit_test_change  BEFORE UPDATE ON accounts_user"
            f" BEGIN SELECT RAISE(ABORT, '{refusal}'); END",
        ),
        postgresql=(
            "CREATE OR REPLACE FUNCTION audit_test() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN RAISE EXCEPTION '{refusal}'; END $$",
            "CREATE TRIGGER audit_test_change BEFORE UPDATE ON accounts_user"
            " FOR EACH ROW EXECUTE FUNCTION audit_test()",
        ),
    )


def test_guard_with_changed_sql_is_reported_and_replaced(registry, django_user_model):
    django_user_model.objects.create_user("wang")
    triggers.register(sample_guard("first"))
    triggers.install()
    assert triggers.missing() == set()
    triggers._guards["audit_test"] = sample_guard("second")
    assert triggers.missing() == {"audit_test"}
    triggers.install()
    assert triggers.missing() == set()
    with pytest.raises(DatabaseError, match="second"), transaction.atomic():
        django_user_model.objects.update(post="x")


def test_guard_of_a_missing_table_is_skipped(registry):
    triggers.register(append_only("nothing_here"))
    triggers.install()
    triggers.remove()
    triggers.install()
    assert triggers.missing() == set()


def test_two_different_guards_of_one_name_are_refused(registry):
    triggers.register(append_only("audit_entry"))
    with pytest.raises(ValueError, match="audit_test"):
        triggers.register(sample_guard("first"), sample_guard("second"))


@pytest.mark.django_db(transaction=True)
def test_guards_are_reinstalled_after_sqlite_rebuilds_their_table():
    """To alter a table, SQLite rebuilds it, and the triggers of the old table are lost."""
    narrow, wide = (models.CharField(max_length=length, default="ok") for length in (20, 30))
    for field in (narrow, wide):
        field.set_attributes_from_name("result")
        field.model = Entry
    with connection.schema_editor() as editor:
        editor.alter_field(Entry, narrow, wide)
        editor.alter_field(Entry, wide, narrow)
    if not ON_POSTGRESQL:
        assert triggers.missing() == {"audit_entry_append_only"}
    for config in apps_with_models():
        post_migrate.send(sender=config, app_config=config, verbosity=0, using="default")
    assert triggers.missing() == set()


def apps_with_models():
    return [config for config in apps.get_app_configs() if config.models_module]


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_append_one_chain_without_gaps():
    writers, entries_each = 4, 10
    start = threading.Barrier(writers)
    failures = []

    def write_entries():
        try:
            start.wait()
            for _ in range(entries_each):
                with transaction.atomic():
                    log_event(action="race")
        except DatabaseError as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write_entries) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert verification.verify() == verification.VerificationResult(writers * entries_each + 1)
