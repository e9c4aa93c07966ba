import datetime
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


#: Triggers by which the database enforces the rules: (SQLite, PostgreSQL) statements.
TRIGGERS = {
    "sqlite": [
        'CREATE TRIGGER "guard_honors_honor_kept" BEFORE DELETE ON "honors_honor" '
        "FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'delete means archive: "
        "rows stay'); END",
        'CREATE TRIGGER "guard_honors_honor_released" BEFORE UPDATE ON '
        '"honors_honor" FOR EACH ROW WHEN NEW.state = \'live\' AND OLD.state <> '
        "'live' AND NOT EXISTS (SELECT 1 FROM publishing_revision v JOIN "
        'django_content_type t ON t.id = v.content_type_id WHERE t.app_label = '
        "'honors' AND t.model = 'honor' AND v.object_id = NEW.id AND v.state = "
        "'released') BEGIN SELECT RAISE(ABORT, 'nothing becomes public without a "
        "released revision'); END",
        'CREATE TRIGGER "guard_honors_honor_date" BEFORE UPDATE ON "honors_honor" '
        'FOR EACH ROW WHEN OLD.published_at IS NOT NULL AND (NEW.published_at IS '
        'NULL OR NEW.published_at <> OLD.published_at OR NEW.published_on <> '
        "OLD.published_on) BEGIN SELECT RAISE(ABORT, 'a date of publication never "
        "changes'); END",
    ],
    "postgresql": [
        'CREATE OR REPLACE FUNCTION "guard_honors_honor_kept_f"() RETURNS trigger '
        "LANGUAGE plpgsql AS $guard$ BEGIN IF TRUE THEN RAISE EXCEPTION 'delete "
        "means archive: rows stay' USING ERRCODE = '23000'; END IF; IF TG_OP = "
        "'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_honors_honor_kept" BEFORE DELETE ON "honors_honor" '
        'FOR EACH ROW EXECUTE FUNCTION "guard_honors_honor_kept_f"()',
        'CREATE OR REPLACE FUNCTION "guard_honors_honor_released_f"() RETURNS '
        "trigger LANGUAGE plpgsql AS $guard$ BEGIN IF NEW.state = 'live' AND "
        "OLD.state <> 'live' AND NOT EXISTS (SELECT 1 FROM publishing_revision v "
        'JOIN django_content_type t ON t.id = v.content_type_id WHERE t.app_label '
        "= 'honors' AND t.model = 'honor' AND v.object_id = NEW.id AND v.state = "
        "'released') THEN RAISE EXCEPTION 'nothing becomes public without a "
        "released revision' USING ERRCODE = '23000'; END IF; IF TG_OP = 'DELETE' "
        'THEN RETURN OLD; END IF; RETURN NEW; END $guard$',
        'CREATE TRIGGER "guard_honors_honor_released" BEFORE UPDATE ON '
        '"honors_honor" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_honors_honor_released_f"()',
        'CREATE OR REPLACE FUNCTION "guard_honors_honor_date_f"() RETURNS trigger '
        'LANGUAGE plpgsql AS $guard$ BEGIN IF OLD.published_at IS NOT NULL AND '
        '(NEW.published_at IS NULL OR NEW.published_at <> OLD.published_at OR '
        "NEW.published_on <> OLD.published_on) THEN RAISE EXCEPTION 'a date of "
        "publication never changes' USING ERRCODE = '23000'; END IF; IF TG_OP = "
        "'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_honors_honor_date" BEFORE UPDATE ON "honors_honor" '
        'FOR EACH ROW EXECUTE FUNCTION "guard_honors_honor_date_f"()',
    ],
}


def create_triggers(apps, schema_editor):
    """Create the triggers for the kind of database in use."""
    for statement in TRIGGERS[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('publishing', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, verbose_name='file')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('stored_as', models.CharField(max_length=100)),
                ('state', models.CharField(choices=[('previewed', 'Checked, not imported'), ('done', 'Imported'), ('discarded', 'Put aside')], default='previewed', max_length=10, verbose_name='state')),
                ('uploaded_at', models.DateTimeField(auto_now_add=True, verbose_name='uploaded')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='imported')),
                ('new_count', models.PositiveIntegerField(default=0)),
                ('same_count', models.PositiveIntegerField(default=0)),
                ('duplicate_count', models.PositiveIntegerField(default=0)),
                ('error_count', models.PositiveIntegerField(default=0)),
                ('plan', models.JSONField(default=list)),
                ('created_ids', models.JSONField(default=list)),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'import',
                'verbose_name_plural': 'imports',
            },
        ),
        migrations.CreateModel(
            name='Honor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('unreleased', 'Unreleased'), ('live', 'Live'), ('withdrawn', 'Withdrawn'), ('expired', 'Expired'), ('archived', 'Archived')], default='unreleased', editable=False, max_length=12, verbose_name='state')),
                ('published_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='published')),
                ('published_on', models.DateField(blank=True, editable=False, null=True, verbose_name='published on')),
                ('released_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='updated')),
                ('withdrawn_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='withdrawn')),
                ('notice', models.CharField(blank=True, default='', editable=False, max_length=300, verbose_name='public reason')),
                ('working_title', models.CharField(blank=True, default='', editable=False, max_length=200, verbose_name='title')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('name', models.CharField(blank=True, help_text='As the certificate or its source has it.', max_length=120, verbose_name='name')),
                ('kind', models.CharField(choices=[('title', 'Honorary title'), ('merit', 'Merit citation'), ('commendation', 'Commendation'), ('ranking', 'Ranking')], default='title', max_length=12, verbose_name='kind of honour')),
                ('levels', models.CharField(blank=True, default='', help_text='One honour may carry two, such as “provincial and municipal”.', max_length=60, verbose_name='levels')),
                ('system', models.CharField(blank=True, choices=[('courts', 'Courts'), ('party', 'Party'), ('government', 'Government'), ('youth', 'Youth league'), ('union', 'Trade union'), ('women', "Women's federation"), ('civility', 'Civility office'), ('other', 'Other')], default='', help_text='Whose honour it is. Empty: the source does not say.', max_length=12, verbose_name='system')),
                ('awarding_body', models.CharField(blank=True, help_text='Empty: readers are told that it is unstated.', max_length=100, verbose_name='awarding body')),
                ('awarded', models.TextField(blank=True, help_text='As it is printed: 2018年, 三年来, 7月8日.', null=True, verbose_name='awarded')),
                ('awarded_from', models.DateField(blank=True, editable=False, null=True)),
                ('awarded_to', models.DateField(blank=True, editable=False, null=True)),
                ('presented', models.TextField(blank=True, help_text='When the plaque was unveiled or the certificate handed over, as printed.', null=True, verbose_name='presented')),
                ('recipients', models.TextField(blank=True, default=list, verbose_name='recipients')),
                ('document_number', models.CharField(blank=True, max_length=60, verbose_name='document number')),
                ('valid_until', models.DateField(blank=True, null=True, verbose_name='valid until')),
                ('reevaluation_on', models.DateField(blank=True, help_text="The desk reminds you ninety days before. Readers don't see it.", null=True, verbose_name='re-evaluation due')),
                ('rescinded', models.BooleanField(default=False, verbose_name='rescinded')),
                ('rescinded_on', models.DateField(blank=True, null=True, verbose_name='rescinded on')),
                ('open_list', models.BooleanField(default=False, help_text='The source names this one and goes on with “等”: readers are told so.', verbose_name='the list goes on')),
                ('remark', models.TextField(blank=True, help_text='Readers see it.', max_length=500, verbose_name='remark')),
                ('name_en', models.CharField(blank=True, help_text='For the English pages. Empty: they show the Chinese.', max_length=200, verbose_name='name in English')),
                ('awarding_body_en', models.CharField(blank=True, max_length=150, verbose_name='awarding body in English')),
                ('remark_en', models.TextField(blank=True, max_length=800, verbose_name='remark in English')),
                ('awarded_on', models.DateField(default=datetime.date(1000, 1, 1), editable=False)),
                ('awarded_year', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('is_national', models.BooleanField(default=False, editable=False)),
                ('is_provincial', models.BooleanField(default=False, editable=False)),
                ('is_municipal', models.BooleanField(default=False, editable=False)),
                ('is_district', models.BooleanField(default=False, editable=False)),
                ('is_court', models.BooleanField(default=False, editable=False)),
                ('working_key', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('working_kind', models.CharField(blank=True, choices=[('title', 'Honorary title'), ('merit', 'Merit citation'), ('commendation', 'Commendation'), ('ranking', 'Ranking')], default='', editable=False, max_length=12, verbose_name='kind of honour')),
                ('working_levels', models.CharField(blank=True, default='', editable=False, max_length=60, verbose_name='levels')),
                ('working_body', models.CharField(blank=True, default='', editable=False, max_length=100, verbose_name='awarding body')),
                ('working_awarded', models.CharField(blank=True, default='', editable=False, max_length=200, verbose_name='awarded')),
                ('working_year', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='year')),
                ('working_recipients', models.CharField(blank=True, default='', editable=False, max_length=200, verbose_name='recipients')),
                ('working_reevaluation_on', models.DateField(blank=True, editable=False, null=True, verbose_name='re-evaluation due')),
                ('imported_with', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='honors', to='honors.import', verbose_name='import')),
            ],
            options={
                'verbose_name': 'honour',
                'verbose_name_plural': 'honours ledger',
                'abstract': False,
            },
            bases=(models.Model,),
        ),
        migrations.AddIndex(
            model_name='import',
            index=models.Index(fields=['state', '-id'], name='honors_imports'),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ('previewed', 'done', 'discarded'))), name='honors_import_state_known'),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), models.Q(('error_count', 0), ('finished_at__isnull', False)), _connector='OR'), name='honors_import_whole_or_not'),
        ),
        migrations.AddIndex(
            model_name='honor',
            index=models.Index(condition=models.Q(('is_national', True)), fields=['state', '-awarded_on', '-id'], name='honors_national'),
        ),
        migrations.AddIndex(
            model_name='honor',
            index=models.Index(condition=models.Q(('is_provincial', True)), fields=['state', '-awarded_on', '-id'], name='honors_provincial'),
        ),
        migrations.AddIndex(
            model_name='honor',
            index=models.Index(condition=models.Q(('is_municipal', True)), fields=['state', '-awarded_on', '-id'], name='honors_municipal'),
        ),
        migrations.AddIndex(
            model_name='honor',
            index=models.Index(condition=models.Q(('is_district', True)), fields=['state', '-awarded_on', '-id'], name='honors_district'),
        ),
        migrations.AddIndex(
            model_name='honor',
            index=models.Index(condition=models.Q(('is_court', True)), fields=['state', '-awarded_on', '-id'], name='honors_court'),
        ),
        migrations.AddIndex(
            model_name='honor',
            index=models.Index(fields=['awarded_year', 'state', '-awarded_on', '-id'], name='honors_by_year'),
        ),
        migrations.AddIndex(
            model_name='honor',
            index=models.Index(condition=models.Q(('released_at__isnull', False)), fields=['state', '-awarded_on', '-id'], name='honors_by_date'),
        ),
        migrations.AddIndex(
            model_name='honor',
            index=models.Index(condition=models.Q(('open_list', True)), fields=['state', '-awarded_on', '-id'], name='honors_going_on'),
        ),
        migrations.AddIndex(
            model_name='honor',
            index=models.Index(fields=['working_key'], name='honors_by_key'),
        ),
        migrations.AddIndex(
            model_name='honor',
            index=models.Index(condition=models.Q(('working_reevaluation_on__isnull', False)), fields=['working_reevaluation_on'], name='honors_due_again'),
        ),
        migrations.AddIndex(
            model_name='honor',
            index=models.Index(fields=['-working_year', '-id'], name='honors_admin_list'),
        ),
        migrations.AddIndex(
            model_name='honor',
            index=models.Index(django.db.models.functions.text.Lower('state'), models.OrderBy(models.F('working_year'), descending=True), models.OrderBy(models.F('id'), descending=True), name='honors_admin_by_state'),
        ),
        migrations.AddConstraint(
            model_name='honor',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['unreleased', 'live', 'withdrawn', 'expired', 'archived'])), name='honors_honor_state_known'),
        ),
        migrations.AddConstraint(
            model_name='honor',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'unreleased'), ('state', 'archived'), models.Q(('published_at__isnull', False), ('published_on__isnull', False)), _connector='OR'), name='honors_honor_public_has_date'),
        ),
        migrations.AddConstraint(
            model_name='honor',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ('title', 'merit', 'commendation', 'ranking'))), name='honors_honor_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='honor',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'live'), _negated=True), models.Q(models.Q(('name', ''), _negated=True), models.Q(('levels', ''), _negated=True)), _connector='OR'), name='honors_public_is_whole'),
        ),
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]
