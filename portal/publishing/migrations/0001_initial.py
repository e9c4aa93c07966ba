import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


#: SQL of the triggers that enforce the workflow's rules, as (SQLite, PostgreSQL) statements.
TRIGGERS = {
    "sqlite": [
        'CREATE TRIGGER publishing_review_append_only_update BEFORE UPDATE ON '
        '"publishing_review" BEGIN SELECT RAISE(ABORT, \'publishing_review is '
        "append-only'); END",
        'CREATE TRIGGER publishing_review_append_only_delete BEFORE DELETE ON '
        '"publishing_review" BEGIN SELECT RAISE(ABORT, \'publishing_review is '
        "append-only'); END",
        'CREATE TRIGGER publishing_review_append_only_replace BEFORE INSERT ON '
        '"publishing_review" WHEN EXISTS (SELECT 1 FROM "publishing_review" WHERE '
        "id = NEW.id) BEGIN SELECT RAISE(ABORT, 'publishing_review is "
        "append-only'); END",
        'CREATE TRIGGER publishing_contribution_append_only_update BEFORE UPDATE '
        'ON "publishing_contribution" BEGIN SELECT RAISE(ABORT, '
        "'publishing_contribution is append-only'); END",
        'CREATE TRIGGER publishing_contribution_append_only_delete BEFORE DELETE '
        'ON "publishing_contribution" BEGIN SELECT RAISE(ABORT, '
        "'publishing_contribution is append-only'); END",
        'CREATE TRIGGER publishing_contribution_append_only_replace BEFORE INSERT '
        'ON "publishing_contribution" WHEN EXISTS (SELECT 1 FROM '
        '"publishing_contribution" WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, '
        "'publishing_contribution is append-only'); END",
        'CREATE TRIGGER "guard_review_digest" BEFORE INSERT ON '
        '"publishing_review" FOR EACH ROW WHEN NEW.digest <> (SELECT v.digest '
        'FROM publishing_revision v WHERE v.id = NEW.revision_id) OR NEW.round <> '
        '(SELECT v.round FROM publishing_revision v WHERE v.id = NEW.revision_id) '
        "BEGIN SELECT RAISE(ABORT, 'a review is bound to the digest and the round "
        "of the text as it stands'); END",
        'CREATE TRIGGER "guard_review_contributor" BEFORE INSERT ON '
        '"publishing_review" FOR EACH ROW WHEN NEW.verdict = \'approve\' AND EXISTS '
        '(SELECT 1 FROM publishing_contribution c WHERE c.revision_id = '
        'NEW.revision_id AND c.user_id = NEW.reviewer_id) BEGIN SELECT '
        "RAISE(ABORT, 'a contributor may not review their own text'); END",
        'CREATE TRIGGER "guard_review_in_order" BEFORE INSERT ON '
        '"publishing_review" FOR EACH ROW WHEN NEW.verdict = \'approve\' AND '
        '((SELECT v.state FROM publishing_revision v WHERE v.id = '
        "NEW.revision_id) <> 'in_review' OR NEW.steps <> (SELECT v.steps_required "
        'FROM publishing_revision v WHERE v.id = NEW.revision_id) OR NEW.step <> '
        '1 + (SELECT COUNT(*) FROM publishing_review r WHERE r.revision_id = '
        "NEW.revision_id AND r.round = NEW.round AND r.verdict = 'approve')) "
        "BEGIN SELECT RAISE(ABORT, 'reviews are given in order, on a text in "
        "review'); END",
        'CREATE TRIGGER "guard_revision_insert" BEFORE INSERT ON '
        '"publishing_revision" FOR EACH ROW WHEN NEW.state <> \'draft\' AND NOT '
        "NEW.imported BEGIN SELECT RAISE(ABORT, 'a revision begins as a draft'); "
        'END',
        'CREATE TRIGGER "guard_revision_content" BEFORE UPDATE ON '
        '"publishing_revision" FOR EACH ROW WHEN OLD.state NOT IN (\'draft\', '
        "'returned') AND (OLD.digest <> NEW.digest OR CAST(OLD.content AS text) "
        '<> CAST(NEW.content AS text) OR OLD.public_note <> NEW.public_note OR '
        "OLD.change_kind <> NEW.change_kind) BEGIN SELECT RAISE(ABORT, 'the text "
        "of a revision changes only while it is a draft or returned'); END",
        'CREATE TRIGGER "guard_revision_final" BEFORE UPDATE ON '
        '"publishing_revision" FOR EACH ROW WHEN OLD.imported <> NEW.imported OR '
        "OLD.state = 'discarded' AND NEW.state <> 'discarded' OR OLD.state = "
        "'superseded' AND NEW.state <> 'superseded' OR OLD.state = 'released' AND "
        "NEW.state NOT IN ('released', 'superseded') OR OLD.steps_required <> "
        "NEW.steps_required AND OLD.state NOT IN ('draft', 'returned') BEGIN "
        "SELECT RAISE(ABORT, 'a finished revision stays as it is'); END",
        'CREATE TRIGGER "guard_revision_approved" BEFORE UPDATE ON '
        '"publishing_revision" FOR EACH ROW WHEN NEW.state IN (\'approved\', '
        "'scheduled', 'released') AND OLD.state <> NEW.state AND NOT NEW.imported "
        'AND (SELECT COUNT(*) FROM publishing_review r WHERE r.revision_id = '
        'NEW.id AND r.round = NEW.round AND r.digest = NEW.digest AND r.verdict = '
        "'approve') < NEW.steps_required BEGIN SELECT RAISE(ABORT, 'a revision is "
        "approved by its reviews and by nothing else'); END",
        'CREATE TRIGGER "guard_publishing_revision_kept" BEFORE DELETE ON '
        '"publishing_revision" FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, '
        "'history is never deleted'); END",
        'CREATE TRIGGER "guard_publishing_snapshot_kept" BEFORE DELETE ON '
        '"publishing_snapshot" FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, '
        "'history is never deleted'); END",
    ],
    "postgresql": [
        'CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger '
        "LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', "
        "TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER publishing_review_append_only_row BEFORE UPDATE OR DELETE '
        'ON "publishing_review" FOR EACH ROW EXECUTE FUNCTION '
        'audit_refuse_change()',
        'CREATE TRIGGER publishing_review_append_only_truncate BEFORE TRUNCATE ON '
        '"publishing_review" FOR EACH STATEMENT EXECUTE FUNCTION '
        'audit_refuse_change()',
        'CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger '
        "LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', "
        "TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$",
        'CREATE TRIGGER publishing_contribution_append_only_row BEFORE UPDATE OR '
        'DELETE ON "publishing_contribution" FOR EACH ROW EXECUTE FUNCTION '
        'audit_refuse_change()',
        'CREATE TRIGGER publishing_contribution_append_only_truncate BEFORE '
        'TRUNCATE ON "publishing_contribution" FOR EACH STATEMENT EXECUTE '
        'FUNCTION audit_refuse_change()',
        'CREATE OR REPLACE FUNCTION "guard_review_digest_f"() RETURNS trigger '
        'LANGUAGE plpgsql AS $guard$ BEGIN IF NEW.digest <> (SELECT v.digest FROM '
        'publishing_revision v WHERE v.id = NEW.revision_id) OR NEW.round <> '
        '(SELECT v.round FROM publishing_revision v WHERE v.id = NEW.revision_id) '
        "THEN RAISE EXCEPTION 'a review is bound to the digest and the round of "
        "the text as it stands' USING ERRCODE = '23000'; END IF; IF TG_OP = "
        "'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_review_digest" BEFORE INSERT ON '
        '"publishing_review" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_review_digest_f"()',
        'CREATE OR REPLACE FUNCTION "guard_review_contributor_f"() RETURNS '
        "trigger LANGUAGE plpgsql AS $guard$ BEGIN IF NEW.verdict = 'approve' AND "
        'EXISTS (SELECT 1 FROM publishing_contribution c WHERE c.revision_id = '
        "NEW.revision_id AND c.user_id = NEW.reviewer_id) THEN RAISE EXCEPTION 'a "
        "contributor may not review their own text' USING ERRCODE = '23000'; END "
        "IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_review_contributor" BEFORE INSERT ON '
        '"publishing_review" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_review_contributor_f"()',
        'CREATE OR REPLACE FUNCTION "guard_review_in_order_f"() RETURNS trigger '
        "LANGUAGE plpgsql AS $guard$ BEGIN IF NEW.verdict = 'approve' AND "
        '((SELECT v.state FROM publishing_revision v WHERE v.id = '
        "NEW.revision_id) <> 'in_review' OR NEW.steps <> (SELECT v.steps_required "
        'FROM publishing_revision v WHERE v.id = NEW.revision_id) OR NEW.step <> '
        '1 + (SELECT COUNT(*) FROM publishing_review r WHERE r.revision_id = '
        "NEW.revision_id AND r.round = NEW.round AND r.verdict = 'approve')) THEN "
        "RAISE EXCEPTION 'reviews are given in order, on a text in review' USING "
        "ERRCODE = '23000'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; "
        'RETURN NEW; END $guard$',
        'CREATE TRIGGER "guard_review_in_order" BEFORE INSERT ON '
        '"publishing_review" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_review_in_order_f"()',
        'CREATE OR REPLACE FUNCTION "guard_revision_insert_f"() RETURNS trigger '
        "LANGUAGE plpgsql AS $guard$ BEGIN IF NEW.state <> 'draft' AND NOT "
        "NEW.imported THEN RAISE EXCEPTION 'a revision begins as a draft' USING "
        "ERRCODE = '23000'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; "
        'RETURN NEW; END $guard$',
        'CREATE TRIGGER "guard_revision_insert" BEFORE INSERT ON '
        '"publishing_revision" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_revision_insert_f"()',
        'CREATE OR REPLACE FUNCTION "guard_revision_content_f"() RETURNS trigger '
        "LANGUAGE plpgsql AS $guard$ BEGIN IF OLD.state NOT IN ('draft', "
        "'returned') AND (OLD.digest <> NEW.digest OR CAST(OLD.content AS text) "
        '<> CAST(NEW.content AS text) OR OLD.public_note <> NEW.public_note OR '
        "OLD.change_kind <> NEW.change_kind) THEN RAISE EXCEPTION 'the text of a "
        "revision changes only while it is a draft or returned' USING ERRCODE = "
        "'23000'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN "
        'NEW; END $guard$',
        'CREATE TRIGGER "guard_revision_content" BEFORE UPDATE ON '
        '"publishing_revision" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_revision_content_f"()',
        'CREATE OR REPLACE FUNCTION "guard_revision_final_f"() RETURNS trigger '
        'LANGUAGE plpgsql AS $guard$ BEGIN IF OLD.imported <> NEW.imported OR '
        "OLD.state = 'discarded' AND NEW.state <> 'discarded' OR OLD.state = "
        "'superseded' AND NEW.state <> 'superseded' OR OLD.state = 'released' AND "
        "NEW.state NOT IN ('released', 'superseded') OR OLD.steps_required <> "
        "NEW.steps_required AND OLD.state NOT IN ('draft', 'returned') THEN RAISE "
        "EXCEPTION 'a finished revision stays as it is' USING ERRCODE = '23000'; "
        "END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END "
        '$guard$',
        'CREATE TRIGGER "guard_revision_final" BEFORE UPDATE ON '
        '"publishing_revision" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_revision_final_f"()',
        'CREATE OR REPLACE FUNCTION "guard_revision_approved_f"() RETURNS trigger '
        "LANGUAGE plpgsql AS $guard$ BEGIN IF NEW.state IN ('approved', "
        "'scheduled', 'released') AND OLD.state <> NEW.state AND NOT NEW.imported "
        'AND (SELECT COUNT(*) FROM publishing_review r WHERE r.revision_id = '
        'NEW.id AND r.round = NEW.round AND r.digest = NEW.digest AND r.verdict = '
        "'approve') < NEW.steps_required THEN RAISE EXCEPTION 'a revision is "
        "approved by its reviews and by nothing else' USING ERRCODE = '23000'; "
        "END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END "
        '$guard$',
        'CREATE TRIGGER "guard_revision_approved" BEFORE UPDATE ON '
        '"publishing_revision" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_revision_approved_f"()',
        'CREATE OR REPLACE FUNCTION "guard_publishing_revision_kept_f"() RETURNS '
        'trigger LANGUAGE plpgsql AS $guard$ BEGIN IF TRUE THEN RAISE EXCEPTION '
        "'history is never deleted' USING ERRCODE = '23000'; END IF; IF TG_OP = "
        "'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_publishing_revision_kept" BEFORE DELETE ON '
        '"publishing_revision" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_publishing_revision_kept_f"()',
        'CREATE OR REPLACE FUNCTION "guard_publishing_snapshot_kept_f"() RETURNS '
        'trigger LANGUAGE plpgsql AS $guard$ BEGIN IF TRUE THEN RAISE EXCEPTION '
        "'history is never deleted' USING ERRCODE = '23000'; END IF; IF TG_OP = "
        "'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_publishing_snapshot_kept" BEFORE DELETE ON '
        '"publishing_snapshot" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_publishing_snapshot_kept_f"()',
    ],
}


def create_triggers(apps, schema_editor):
    """Create the triggers on the database that is being migrated."""
    for statement in TRIGGERS[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        ('library', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Lease',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('holder', models.CharField(blank=True, max_length=100)),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Contribution',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ListCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=100)),
                ('month', models.PositiveIntegerField()),
                ('count', models.IntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('key'), models.F('month'), name='publishing_one_list_count'), models.CheckConstraint(condition=models.Q(('count__gte', 0)), name='publishing_list_count_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Revision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('object_id', models.PositiveBigIntegerField()),
                ('number', models.PositiveIntegerField(verbose_name='number')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('in_review', 'In review'), ('returned', 'Returned'), ('approved', 'Approved'), ('scheduled', 'Scheduled'), ('released', 'Released'), ('superseded', 'Superseded'), ('discarded', 'Discarded')], default='draft', max_length=12, verbose_name='state')),
                ('schema_version', models.PositiveSmallIntegerField(default=1)),
                ('content', models.JSONField(verbose_name='content')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('version', models.PositiveIntegerField(default=1)),
                ('title', models.CharField(blank=True, max_length=200, verbose_name='title')),
                ('change_kind', models.CharField(blank=True, choices=[('', 'First release'), ('substance', 'Correction of substance'), ('typographical', 'Typographical correction')], default='', max_length=13, verbose_name='kind of change')),
                ('public_note', models.CharField(blank=True, default='', max_length=300, verbose_name='public note')),
                ('round', models.PositiveSmallIntegerField(default=0)),
                ('steps_required', models.PositiveSmallIntegerField(default=3)),
                ('override_reason', models.CharField(blank=True, default='', max_length=300)),
                ('imported', models.BooleanField(default=False)),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='due')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('saved_at', models.DateTimeField()),
                ('submitted_at', models.DateTimeField(blank=True, null=True)),
                ('released_at', models.DateTimeField(blank=True, null=True)),
                ('base', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='publishing.revision')),
                ('content_type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contenttypes.contenttype')),
                ('contributors', models.ManyToManyField(related_name='+', through='publishing.Contribution', to=settings.AUTH_USER_MODEL)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('saved_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'revision',
                'verbose_name_plural': 'revisions',
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveSmallIntegerField()),
                ('step', models.PositiveSmallIntegerField()),
                ('steps', models.PositiveSmallIntegerField()),
                ('verdict', models.CharField(choices=[('approve', 'Approved'), ('return', 'Returned')], max_length=7, verbose_name='verdict')),
                ('digest', models.CharField(max_length=64)),
                ('reviewed', models.BooleanField(default=False, verbose_name='I have reviewed the text')),
                ('proofread', models.BooleanField(default=False, verbose_name='I have proofread the text')),
                ('comment', models.TextField(blank=True, max_length=2000, verbose_name='comment')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='publishing.revision')),
            ],
            options={
                'ordering': ['revision', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='contribution',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contributions', to='publishing.revision'),
        ),
        migrations.CreateModel(
            name='Snapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('content', models.JSONField()),
                ('digest', models.CharField(max_length=64)),
                ('autosave', models.BooleanField(default=False)),
                ('saved_at', models.DateTimeField()),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='snapshots', to='publishing.revision')),
                ('saved_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['revision', 'version'],
            },
        ),
        migrations.CreateModel(
            name='AttachedFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('object_id', models.PositiveBigIntegerField()),
                ('position', models.PositiveIntegerField(default=0)),
                ('title', models.CharField(blank=True, max_length=200, verbose_name='title')),
                ('attachment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='library.attachment')),
                ('content_type', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contenttypes.contenttype')),
            ],
            options={
                'ordering': ['position', 'pk'],
                'abstract': False,
                'indexes': [models.Index(fields=['content_type', 'object_id', 'position'], name='publishing_attachedfile_of')],
            },
        ),
        migrations.CreateModel(
            name='AttachedPicture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('object_id', models.PositiveBigIntegerField()),
                ('position', models.PositiveIntegerField(default=0)),
                ('alt', models.CharField(blank=True, max_length=300, verbose_name='alternative text')),
                ('caption', models.CharField(blank=True, max_length=300, verbose_name='caption')),
                ('credit', models.CharField(blank=True, max_length=100, verbose_name='credit')),
                ('focal_x', models.PositiveSmallIntegerField(default=50, validators=[django.core.validators.MaxValueValidator(100)])),
                ('focal_y', models.PositiveSmallIntegerField(default=50, validators=[django.core.validators.MaxValueValidator(100)])),
                ('content_type', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contenttypes.contenttype')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='library.image')),
            ],
            options={
                'ordering': ['position', 'pk'],
                'abstract': False,
                'indexes': [models.Index(fields=['content_type', 'object_id', 'position'], name='publishing_attachedpicture_of')],
            },
        ),
        migrations.CreateModel(
            name='DueFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('object_id', models.PositiveBigIntegerField()),
                ('kind', models.CharField(choices=[('release', 'Scheduled release'), ('expire', 'Expiry')], max_length=8)),
                ('due_at', models.DateTimeField(verbose_name='due')),
                ('error', models.TextField(verbose_name='reason')),
                ('attempts', models.PositiveIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1)])),
                ('first_at', models.DateTimeField(auto_now_add=True)),
                ('next_at', models.DateTimeField(verbose_name='next attempt')),
                ('content_type', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contenttypes.contenttype')),
            ],
            options={
                'verbose_name': 'overdue item',
                'verbose_name_plural': 'overdue items',
                'constraints': [models.UniqueConstraint(models.F('content_type'), models.F('object_id'), models.F('kind'), name='publishing_one_failure')],
            },
        ),
        migrations.CreateModel(
            name='Reference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source_id', models.PositiveBigIntegerField()),
                ('target_id', models.PositiveBigIntegerField()),
                ('role', models.CharField(choices=[('related', 'Related'), ('reports', 'Reports'), ('states', 'Figures quoted'), ('stated_in', 'Stated in')], max_length=10)),
                ('position', models.PositiveIntegerField(default=0)),
                ('stale', models.BooleanField(default=False)),
                ('source_type', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contenttypes.contenttype')),
                ('target_type', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contenttypes.contenttype')),
            ],
            options={
                'indexes': [models.Index(fields=['target_type', 'target_id', '-id'], name='publishing_reference_to'), models.Index(condition=models.Q(('stale', True)), fields=['source_type', 'source_id'], name='publishing_reference_stale')],
                'constraints': [models.UniqueConstraint(models.F('source_type'), models.F('source_id'), models.F('target_type'), models.F('target_id'), models.F('role'), name='publishing_one_reference'), models.CheckConstraint(condition=models.Q(('role__in', ('related', 'reports', 'states', 'stated_in'))), name='publishing_reference_role_known')],
            },
        ),
        migrations.AddIndex(
            model_name='revision',
            index=models.Index(condition=models.Q(('state', 'scheduled')), fields=['due_at', 'id'], name='publishing_revision_due'),
        ),
        migrations.AddIndex(
            model_name='revision',
            index=models.Index(condition=models.Q(('base__isnull', False), ('released_at__isnull', False)), fields=['content_type', '-released_at', '-id'], name='publishing_corrections'),
        ),
        migrations.AddIndex(
            model_name='revision',
            index=models.Index(fields=['state', '-saved_at'], name='publishing_revision_by_state'),
        ),
        migrations.AddIndex(
            model_name='revision',
            index=models.Index(condition=models.Q(('released_at__isnull', True)), fields=['content_type', 'state', '-saved_at'], name='publishing_revision_work'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.UniqueConstraint(models.F('content_type'), models.F('object_id'), models.F('number'), name='publishing_revision_number'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.UniqueConstraint(models.F('content_type'), models.F('object_id'), condition=models.Q(('state__in', ('draft', 'in_review', 'returned', 'approved', 'scheduled'))), name='publishing_one_open_revision'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.UniqueConstraint(models.F('content_type'), models.F('object_id'), condition=models.Q(('state', 'released')), name='publishing_one_released_revision'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'in_review', 'returned', 'approved', 'scheduled', 'released', 'superseded', 'discarded'])), name='publishing_revision_state_known'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.CheckConstraint(condition=models.Q(('steps_required__range', (1, 3))), name='publishing_revision_steps'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'scheduled'), _negated=True), ('due_at__isnull', False), _connector='OR'), name='publishing_scheduled_is_due'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('released', 'superseded')), _negated=True), ('released_at__isnull', False), _connector='OR'), name='publishing_released_has_time'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(models.F('revision'), models.F('round'), models.F('reviewer'), condition=models.Q(('verdict', 'approve')), name='publishing_one_step_each_person'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(models.F('revision'), models.F('round'), models.F('step'), condition=models.Q(('verdict', 'approve')), name='publishing_each_step_once'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('verdict', 'approve'), _negated=True), models.Q(('proofread', True), ('reviewed', True)), _connector='OR'), name='publishing_approval_confirms_both'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('verdict', 'return'), _negated=True), models.Q(('comment', ''), _negated=True), _connector='OR'), name='publishing_return_says_why'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('step__gte', 1), ('step__lte', models.F('steps')), ('steps__lte', 3)), name='publishing_review_step_known'),
        ),
        migrations.AddConstraint(
            model_name='contribution',
            constraint=models.UniqueConstraint(models.F('revision'), models.F('user'), name='publishing_one_contribution'),
        ),
        migrations.AddConstraint(
            model_name='snapshot',
            constraint=models.UniqueConstraint(models.F('revision'), models.F('version'), name='publishing_one_snapshot'),
        ),
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]
