"""Database triggers that protect letters from changes by any client of the database."""

from __future__ import annotations

from portal.audit.triggers import Guard

from .models import Letter

_TABLE = Letter._meta.db_table
#: Columns that never change: the text that the sender wrote, and the values of the receipt.
_IMMUTABLE = ("id", "receipt", "kind", "page", "text", "received_at", "due_on", "token_digest")
#: Columns that may be set to the empty text, but not to other values (``cleanup``).
_ERASABLE = ("name", "phone", "email")
#: Columns of a settled letter that its sender can read; they change only after a reopening.
_ANSWER = ("answer", "reason", "finished_at", "finished_by_id")

_CHANGED = " OR ".join(
    [
        *(f"OLD.{column} <> NEW.{column}" for column in _IMMUTABLE),
        *(f"(OLD.{column} <> NEW.{column} AND NEW.{column} <> '')" for column in _ERASABLE),
        "(OLD.state IN ('answered', 'closed') AND NEW.state <> 'in_hand' AND ("
        + " OR ".join(["OLD.state <> NEW.state", *(f"OLD.{c} <> NEW.{c}" for c in _ANSWER)])
        + "))",
    ]
)
_STAYS = "a letter stays as it was written"
_KEPT = "letters are never deleted"

GUARDS = (
    Guard(
        name="letters_stay",
        table=_TABLE,
        sqlite=(
            f'CREATE TRIGGER letters_stay_update BEFORE UPDATE ON "{_TABLE}" WHEN {_CHANGED}'
            f" BEGIN SELECT RAISE(ABORT, '{_STAYS}'); END",
            f'CREATE TRIGGER letters_stay_delete BEFORE DELETE ON "{_TABLE}"'
            f" BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END",
            # INSERT OR REPLACE deletes the old row without firing the DELETE trigger.
            f'CREATE TRIGGER letters_stay_replace BEFORE INSERT ON "{_TABLE}" WHEN EXISTS'  # noqa: S608  (our own table)
            f' (SELECT 1 FROM "{_TABLE}" WHERE id = NEW.id OR receipt = NEW.receipt'
            " OR token_digest = NEW.token_digest)"
            f" BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END",
        ),
        postgresql=(
            "CREATE OR REPLACE FUNCTION letters_stay() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN"
            f" IF TG_OP <> 'UPDATE' THEN RAISE EXCEPTION '{_KEPT}'"
            " USING ERRCODE = 'integrity_constraint_violation'; END IF;"
            f" IF {_CHANGED} THEN RAISE EXCEPTION '{_STAYS}'"
            " USING ERRCODE = 'integrity_constraint_violation'; END IF;"
            " RETURN NEW; END $$",
            f'CREATE TRIGGER letters_stay_row BEFORE UPDATE OR DELETE ON "{_TABLE}"'
            " FOR EACH ROW EXECUTE FUNCTION letters_stay()",
            f'CREATE TRIGGER letters_stay_truncate BEFORE TRUNCATE ON "{_TABLE}"'
            " FOR EACH STATEMENT EXECUTE FUNCTION letters_stay()",
        ),
    ),
)
