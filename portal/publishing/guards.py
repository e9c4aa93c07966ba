"""The workflow's rules as database triggers, which also apply to the shell and to raw SQL.

Each trigger is written for SQLite and for PostgreSQL. ``audit.triggers`` installs the triggers
after every ``migrate`` and checks that they are installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps

from portal.audit.triggers import Guard, append_only

from .models import Contribution, Publishable, Review, Revision, Snapshot


@dataclass(frozen=True)
class TriggerRule:
    """A trigger that refuses a statement if the SQL condition ``refuse`` on NEW and OLD is true."""

    name: str
    table: str
    event: str
    refuse: str
    message: str

    def guard(self) -> Guard:
        """Return the SQL statements that create the trigger on SQLite and on PostgreSQL."""
        return Guard(
            name=self.name,
            table=self.table,
            sqlite=(
                f'CREATE TRIGGER "{self.name}" BEFORE {self.event} ON "{self.table}" '
                f"FOR EACH ROW WHEN {self.refuse} "
                f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END",
            ),
            postgresql=(
                f'CREATE OR REPLACE FUNCTION "{self.name}_f"() RETURNS trigger '
                f"LANGUAGE plpgsql AS $guard$ BEGIN IF {self.refuse} THEN "
                f"RAISE EXCEPTION '{self.message}' USING ERRCODE = '23000'; "
                f"END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
                f'CREATE TRIGGER "{self.name}" BEFORE {self.event} ON "{self.table}" '
                f'FOR EACH ROW EXECUTE FUNCTION "{self.name}_f"()',
            ),
        )


def _approvals(revision: str) -> str:
    """Return SQL for the number of valid approvals; ``revision`` is the row's SQL name (NEW)."""
    return (
        "(SELECT COUNT(*) FROM publishing_review r"  # noqa: S608  (holds no user input)
        f" WHERE r.revision_id = {revision}.id AND r.round = {revision}.round"
        f" AND r.digest = {revision}.digest AND r.verdict = 'approve')"
    )


def trigger_rules() -> Iterator[TriggerRule]:
    """Yield the trigger rules for all tables of the workflow."""
    yield from _review_rules(Review._meta.db_table)
    yield from _revision_rules(Revision._meta.db_table)
    for table in (Revision._meta.db_table, Snapshot._meta.db_table):
        yield TriggerRule(
            f"guard_{table}_kept", table, "DELETE", "TRUE", "history is never deleted"
        )
    for model in publishable_models():
        yield from _publishable_rules(model)


def _review_rules(table: str) -> Iterator[TriggerRule]:
    of_revision = "(SELECT {} FROM publishing_revision v WHERE v.id = NEW.revision_id)"
    yield TriggerRule(
        "guard_review_digest",
        table,
        "INSERT",
        f"NEW.digest <> {of_revision.format('v.digest')}"
        f" OR NEW.round <> {of_revision.format('v.round')}",
        "a review is bound to the digest and the round of the text as it stands",
    )
    yield TriggerRule(
        "guard_review_contributor",
        table,
        "INSERT",
        "NEW.verdict = 'approve' AND EXISTS (SELECT 1 FROM publishing_contribution c"
        " WHERE c.revision_id = NEW.revision_id AND c.user_id = NEW.reviewer_id)",
        "a contributor may not review their own text",
    )
    yield TriggerRule(
        "guard_review_in_order",
        table,
        "INSERT",
        f"NEW.verdict = 'approve' AND ({of_revision.format('v.state')} <> 'in_review'"  # noqa: S608
        f" OR NEW.steps <> {of_revision.format('v.steps_required')}"
        " OR NEW.step <> 1 + (SELECT COUNT(*) FROM publishing_review r WHERE"
        " r.revision_id = NEW.revision_id AND r.round = NEW.round AND r.verdict = 'approve'))",
        "reviews are given in order, on a text in review",
    )


def _revision_rules(table: str) -> Iterator[TriggerRule]:
    yield TriggerRule(
        "guard_revision_insert",
        table,
        "INSERT",
        "NEW.state <> 'draft' AND NOT NEW.imported",
        "a revision begins as a draft",
    )
    yield TriggerRule(
        "guard_revision_content",
        table,
        "UPDATE",
        "OLD.state NOT IN ('draft', 'returned') AND"
        " (OLD.digest <> NEW.digest OR CAST(OLD.content AS text) <> CAST(NEW.content AS text)"
        " OR OLD.public_note <> NEW.public_note OR OLD.change_kind <> NEW.change_kind)",
        "the text of a revision changes only while it is a draft or returned",
    )
    yield TriggerRule(
        "guard_revision_final",
        table,
        "UPDATE",
        "OLD.imported <> NEW.imported OR OLD.state = 'discarded' AND NEW.state <> 'discarded'"
        " OR OLD.state = 'superseded' AND NEW.state <> 'superseded'"
        " OR OLD.state = 'released' AND NEW.state NOT IN ('released', 'superseded')"
        " OR OLD.steps_required <> NEW.steps_required AND OLD.state NOT IN ('draft', 'returned')",
        "a finished revision stays as it is",
    )
    yield TriggerRule(
        "guard_revision_approved",
        table,
        "UPDATE",
        "NEW.state IN ('approved', 'scheduled', 'released') AND OLD.state <> NEW.state"
        f" AND NOT NEW.imported AND {_approvals('NEW')} < NEW.steps_required",
        "a revision is approved by its reviews and by nothing else",
    )


def _publishable_rules(model: type[Publishable]) -> Iterator[TriggerRule]:
    table = model._meta.db_table
    yield TriggerRule(
        f"guard_{table}_kept", table, "DELETE", "TRUE", "delete means archive: rows stay"
    )
    released = (
        "SELECT 1 FROM publishing_revision v"  # noqa: S608  (names of our own tables)
        " JOIN django_content_type t ON t.id = v.content_type_id"
        f" WHERE t.app_label = '{model._meta.app_label}'"
        f" AND t.model = '{model._meta.model_name}'"
        " AND v.object_id = NEW.id AND v.state = 'released'"
    )
    yield TriggerRule(
        f"guard_{table}_released",
        table,
        "UPDATE",
        f"NEW.state = 'live' AND OLD.state <> 'live' AND NOT EXISTS ({released})",
        "nothing becomes public without a released revision",
    )
    yield TriggerRule(
        f"guard_{table}_date",
        table,
        "UPDATE",
        "OLD.published_at IS NOT NULL AND (NEW.published_at IS NULL"
        " OR NEW.published_at <> OLD.published_at OR NEW.published_on <> OLD.published_on)",
        "a date of publication never changes",
    )


def publishable_models() -> list[type[Publishable]]:
    """Return all concrete publishable models."""
    return [model for model in apps.get_models() if issubclass(model, Publishable)]


def all_guards() -> list[Guard]:
    """Return the triggers of the workflow's tables."""
    return [
        append_only(Review._meta.db_table),
        append_only(Contribution._meta.db_table),
        *(rule.guard() for rule in trigger_rules()),
    ]
