"""Migrations import no code of the project, and databases of other builds are refused."""

import ast
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from portal.audit import triggers
from portal.library.actions import add_attachment
from portal.library.models import Image, PublicUse
from portal.older_databases import OWN_LABELS
from portal.publishing.models import AttachedFile, Review
from tests.architecture.source import app_of, python_files
from tests.factories import Newsroom, image
from tests.publishing.sample_uploads import document_upload


def migration_files() -> list[Path]:
    files = python_files(migrations=True)
    return [path for path in files if path.parent.name == "migrations" and path.stem[0].isdigit()]


def test_every_app_begins_with_one_initial_migration() -> None:
    initial = [key for key, each in MigrationLoader(None).disk_migrations.items() if each.initial]
    own = sorted(key for key in initial if key[0] in OWN_LABELS)
    assert own == sorted((label, "0001_initial") for label in OWN_LABELS)


def test_migrations_import_no_code_of_the_project() -> None:
    imported = {
        f"{path.parent.parent.name}: {name}"
        for path in migration_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "."]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if app_of(name) is not None or name.startswith(".")
    }
    assert imported == set()


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_every_registered_trigger_is_created_by_a_migration(vendor: str) -> None:
    created = {
        statement
        for (label, name) in MigrationLoader(None).disk_migrations
        if label in OWN_LABELS
        for statement in getattr(_module(label, name), "TRIGGERS", {}).get(vendor, ())
    }
    registered = {
        statement
        for guard in triggers.registered_guards()
        for statement in guard.statements(vendor)
    }
    assert registered - created == set()


def _module(label: str, name: str) -> ModuleType:
    package, _explicit = MigrationLoader.migrations_module(label)
    return import_module(f"{package}.{name}")


@pytest.mark.django_db
def test_a_database_of_another_build_is_refused() -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_applied("accounts", "0002_roles")
    before = recorder.applied_migrations().keys()
    with pytest.raises(CommandError, match=r"Another build .* accounts\.0002_roles"):
        call_command("migrate", verbosity=0)
    assert recorder.applied_migrations().keys() == before


@pytest.mark.django_db(transaction=True)
def test_the_second_schema_keeps_what_readers_see() -> None:
    """The names that pages show are stored, and files out of use stay off the pages."""
    newsroom = Newsroom()
    attachment = add_attachment(file=document_upload(), by=newsroom.editor)
    hidden = image(newsroom.editor)
    other = image(newsroom.editor)
    newsroom.live(files=[{"attachment": attachment.pk, "title": ""}])
    with triggers.suspended():  # the columns as they are after their creation
        Image.objects.filter(pk=hidden.pk).update(hidden=True)
        AttachedFile.objects.update(name="")
        PublicUse.objects.update(name="")
        Review.objects.update(reviewer_name="")
    library = import_module("portal.library.migrations.0003_withdrawal")
    publishing = import_module("portal.publishing.migrations.0002_second_schema")
    with transaction.atomic(), connection.cursor() as cursor:
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)
        for step in (
            library.withdraw_hidden_files,
            library.store_released_names,
            publishing.suspend_guards,
            publishing.store_shown_names,
            publishing.resume_guards,
        ):
            step(apps, editor)
    triggers.install()
    assert triggers.missing() == set()
    assert [each.is_withdrawn for each in Image.objects.order_by("pk")] == [True, False]
    assert not Image.objects.get(pk=other.pk).notice
    assert AttachedFile.objects.get().name == PublicUse.objects.get().name == attachment.name
    assert [review.reviewer_name for review in Review.objects.order_by("step")] == [
        person.full_name for person in (newsroom.reviewer1, newsroom.reviewer2, newsroom.reviewer3)
    ]
