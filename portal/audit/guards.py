"""The database triggers that protect the tables of the audit log."""

from portal.audit.triggers import Guard, append_only

# Each update must increase the sequence number of the head row by one; the row must not be deleted
# or replaced.
_HEAD_ADVANCES = Guard(
    name="audit_head_advances",
    table="audit_head",
    sqlite=(
        "CREATE TRIGGER audit_head_advances_update BEFORE UPDATE ON audit_head"
        " WHEN NEW.sequence <> OLD.sequence + 1"
        " BEGIN SELECT RAISE(ABORT, 'audit_head only advances by one'); END",
        "CREATE TRIGGER audit_head_advances_delete BEFORE DELETE ON audit_head"
        " BEGIN SELECT RAISE(ABORT, 'audit_head only advances by one'); END",
        "CREATE TRIGGER audit_head_advances_replace BEFORE INSERT ON audit_head"
        " WHEN EXISTS (SELECT 1 FROM audit_head)"
        " BEGIN SELECT RAISE(ABORT, 'audit_head only advances by one'); END",
    ),
    postgresql=(
        "CREATE OR REPLACE FUNCTION audit_head_advances() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN"
        " IF TG_OP = 'UPDATE' THEN"
        " IF NEW.sequence = OLD.sequence + 1 THEN RETURN NEW; END IF;"
        " END IF;"
        " RAISE EXCEPTION 'audit_head only advances by one'"
        " USING ERRCODE = 'integrity_constraint_violation';"
        " END $$",
        "CREATE TRIGGER audit_head_advances_row BEFORE UPDATE OR DELETE ON audit_head"
        " FOR EACH ROW EXECUTE FUNCTION audit_head_advances()",
        "CREATE TRIGGER audit_head_advances_truncate BEFORE TRUNCATE ON audit_head"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_head_advances()",
    ),
)

GUARDS = (append_only("audit_entry"), _HEAD_ADVANCES)
