from django.db import migrations, models


#: Triggers that protect the tables of the audit log: (SQLite, PostgreSQL) statements.
TRIGGERS = {
    "sqlite": [
        'CREATE TRIGGER audit_entry_append_only_update BEFORE UPDATE ON '
        '"audit_entry" BEGIN SELECT RAISE(ABORT, \'audit_entry is append-only\'); '
        'END',
        'CREATE TRIGGER audit_entry_append_only_delete BEFORE DELETE ON '
        '"audit_entry" BEGIN SELECT RAISE(ABORT, \'audit_entry is append-only\'); '
        'END',
        'CREATE TRIGGER audit_entry_append_only_replace BEFORE INSERT ON '
        '"audit_entry" WHEN EXISTS (SELECT 1 FROM "audit_entry" WHERE id = '
        "NEW.id) BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END",
        'CREATE TRIGGER audit_head_advances_update BEFORE UPDATE ON audit_head '
        'WHEN NEW.sequence <> OLD.sequence + 1 BEGIN SELECT RAISE(ABORT, '
        "'audit_head only advances by one'); END",
        'CREATE TRIGGER audit_head_advances_delete BEFORE DELETE ON audit_head '
        "BEGIN SELECT RAISE(ABORT, 'audit_head only advances by one'); END",
        'CREATE TRIGGER audit_head_advances_replace BEFORE INSERT ON audit_head '
        'WHEN EXISTS (SELECT 1 FROM audit_head) BEGIN SELECT RAISE(ABORT, '
        "'audit_head only advances by one'); END",
    ],
    "postgresql": [
        'CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger '
        "LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', "
        "TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER audit_entry_append_only_row BEFORE UPDATE OR DELETE ON '
        '"audit_entry" FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()',
        'CREATE TRIGGER audit_entry_append_only_truncate BEFORE TRUNCATE ON '
        '"audit_entry" FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()',
        'CREATE OR REPLACE FUNCTION audit_head_advances() RETURNS trigger '
        "LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'UPDATE' THEN IF NEW.sequence = "
        'OLD.sequence + 1 THEN RETURN NEW; END IF; END IF; RAISE EXCEPTION '
        "'audit_head only advances by one' USING ERRCODE = "
        "'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER audit_head_advances_row BEFORE UPDATE OR DELETE ON '
        'audit_head FOR EACH ROW EXECUTE FUNCTION audit_head_advances()',
        'CREATE TRIGGER audit_head_advances_truncate BEFORE TRUNCATE ON '
        'audit_head FOR EACH STATEMENT EXECUTE FUNCTION audit_head_advances()',
    ],
}


def create_triggers(apps, schema_editor):
    """Create the triggers for the vendor of the migrated database."""
    for statement in TRIGGERS[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False, verbose_name='number')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('actor_id', models.BigIntegerField(blank=True, null=True)),
                ('actor_label', models.CharField(blank=True, max_length=255, verbose_name='actor')),
                ('address', models.CharField(blank=True, max_length=45, verbose_name='network address')),
                ('action', models.CharField(max_length=100, verbose_name='action')),
                ('object_type', models.CharField(blank=True, max_length=100, verbose_name='kind of object')),
                ('object_id', models.CharField(blank=True, max_length=64, verbose_name="object's number")),
                ('object_label', models.CharField(blank=True, max_length=255, verbose_name='object')),
                ('result', models.CharField(default='ok', max_length=20, verbose_name='result')),
                ('details', models.JSONField(blank=True, default=dict, verbose_name='details')),
                ('previous_hash', models.CharField(blank=True, max_length=64, verbose_name='hash of the entry before')),
                ('hash', models.CharField(max_length=64, verbose_name='hash')),
            ],
            options={
                'verbose_name': 'audit entry',
                'verbose_name_plural': 'audit log',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['at'], name='audit_entry_at'), models.Index(fields=['action', 'id'], name='audit_entry_action'), models.Index(fields=['result', 'id'], name='audit_entry_result'), models.Index(fields=['object_type', 'object_id', 'id'], name='audit_entry_object'), models.Index(fields=['actor_id', 'id'], name='audit_entry_actor')],
                'constraints': [models.CheckConstraint(condition=models.Q(('id__gte', 1)), name='audit_entry_number_from_one')],
            },
        ),
        migrations.CreateModel(
            name='Head',
            fields=[
                ('id', models.BigIntegerField(default=1, primary_key=True, serialize=False)),
                ('sequence', models.BigIntegerField(default=0)),
                ('hash', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='audit_head_is_one_row')],
            },
        ),
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]
