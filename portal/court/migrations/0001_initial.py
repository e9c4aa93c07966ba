import datetime
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


#: Triggers by which the database enforces the rules: (SQLite, PostgreSQL) statements.
TRIGGERS = {
    "sqlite": [
        'CREATE TRIGGER "guard_court_indicator_kept" BEFORE DELETE ON '
        '"court_indicator" FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, '
        "'delete means archive: rows stay'); END",
        'CREATE TRIGGER "guard_court_indicator_released" BEFORE UPDATE ON '
        '"court_indicator" FOR EACH ROW WHEN NEW.state = \'live\' AND OLD.state <> '
        "'live' AND NOT EXISTS (SELECT 1 FROM publishing_revision v JOIN "
        'django_content_type t ON t.id = v.content_type_id WHERE t.app_label = '
        "'court' AND t.model = 'indicator' AND v.object_id = NEW.id AND v.state = "
        "'released') BEGIN SELECT RAISE(ABORT, 'nothing becomes public without a "
        "released revision'); END",
        'CREATE TRIGGER "guard_court_indicator_date" BEFORE UPDATE ON '
        '"court_indicator" FOR EACH ROW WHEN OLD.published_at IS NOT NULL AND '
        '(NEW.published_at IS NULL OR NEW.published_at <> OLD.published_at OR '
        "NEW.published_on <> OLD.published_on) BEGIN SELECT RAISE(ABORT, 'a date "
        "of publication never changes'); END",
        'CREATE TRIGGER "guard_court_observation_kept" BEFORE DELETE ON '
        '"court_observation" FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, '
        "'delete means archive: rows stay'); END",
        'CREATE TRIGGER "guard_court_observation_released" BEFORE UPDATE ON '
        '"court_observation" FOR EACH ROW WHEN NEW.state = \'live\' AND OLD.state '
        "<> 'live' AND NOT EXISTS (SELECT 1 FROM publishing_revision v JOIN "
        'django_content_type t ON t.id = v.content_type_id WHERE t.app_label = '
        "'court' AND t.model = 'observation' AND v.object_id = NEW.id AND v.state "
        "= 'released') BEGIN SELECT RAISE(ABORT, 'nothing becomes public without "
        "a released revision'); END",
        'CREATE TRIGGER "guard_court_observation_date" BEFORE UPDATE ON '
        '"court_observation" FOR EACH ROW WHEN OLD.published_at IS NOT NULL AND '
        '(NEW.published_at IS NULL OR NEW.published_at <> OLD.published_at OR '
        "NEW.published_on <> OLD.published_on) BEGIN SELECT RAISE(ABORT, 'a date "
        "of publication never changes'); END",
        'CREATE TRIGGER "guard_court_courtprofile_kept" BEFORE DELETE ON '
        '"court_courtprofile" FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, '
        "'delete means archive: rows stay'); END",
        'CREATE TRIGGER "guard_court_courtprofile_released" BEFORE UPDATE ON '
        '"court_courtprofile" FOR EACH ROW WHEN NEW.state = \'live\' AND OLD.state '
        "<> 'live' AND NOT EXISTS (SELECT 1 FROM publishing_revision v JOIN "
        'django_content_type t ON t.id = v.content_type_id WHERE t.app_label = '
        "'court' AND t.model = 'courtprofile' AND v.object_id = NEW.id AND "
        "v.state = 'released') BEGIN SELECT RAISE(ABORT, 'nothing becomes public "
        "without a released revision'); END",
        'CREATE TRIGGER "guard_court_courtprofile_date" BEFORE UPDATE ON '
        '"court_courtprofile" FOR EACH ROW WHEN OLD.published_at IS NOT NULL AND '
        '(NEW.published_at IS NULL OR NEW.published_at <> OLD.published_at OR '
        "NEW.published_on <> OLD.published_on) BEGIN SELECT RAISE(ABORT, 'a date "
        "of publication never changes'); END",
        'CREATE TRIGGER "guard_court_department_kept" BEFORE DELETE ON '
        '"court_department" FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, '
        "'delete means archive: rows stay'); END",
        'CREATE TRIGGER "guard_court_department_released" BEFORE UPDATE ON '
        '"court_department" FOR EACH ROW WHEN NEW.state = \'live\' AND OLD.state <> '
        "'live' AND NOT EXISTS (SELECT 1 FROM publishing_revision v JOIN "
        'django_content_type t ON t.id = v.content_type_id WHERE t.app_label = '
        "'court' AND t.model = 'department' AND v.object_id = NEW.id AND v.state "
        "= 'released') BEGIN SELECT RAISE(ABORT, 'nothing becomes public without "
        "a released revision'); END",
        'CREATE TRIGGER "guard_court_department_date" BEFORE UPDATE ON '
        '"court_department" FOR EACH ROW WHEN OLD.published_at IS NOT NULL AND '
        '(NEW.published_at IS NULL OR NEW.published_at <> OLD.published_at OR '
        "NEW.published_on <> OLD.published_on) BEGIN SELECT RAISE(ABORT, 'a date "
        "of publication never changes'); END",
        'CREATE TRIGGER "guard_court_person_kept" BEFORE DELETE ON "court_person" '
        "FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'delete means archive: "
        "rows stay'); END",
        'CREATE TRIGGER "guard_court_person_released" BEFORE UPDATE ON '
        '"court_person" FOR EACH ROW WHEN NEW.state = \'live\' AND OLD.state <> '
        "'live' AND NOT EXISTS (SELECT 1 FROM publishing_revision v JOIN "
        'django_content_type t ON t.id = v.content_type_id WHERE t.app_label = '
        "'court' AND t.model = 'person' AND v.object_id = NEW.id AND v.state = "
        "'released') BEGIN SELECT RAISE(ABORT, 'nothing becomes public without a "
        "released revision'); END",
        'CREATE TRIGGER "guard_court_person_date" BEFORE UPDATE ON "court_person" '
        'FOR EACH ROW WHEN OLD.published_at IS NOT NULL AND (NEW.published_at IS '
        'NULL OR NEW.published_at <> OLD.published_at OR NEW.published_on <> '
        "OLD.published_on) BEGIN SELECT RAISE(ABORT, 'a date of publication never "
        "changes'); END",
    ],
    "postgresql": [
        'CREATE OR REPLACE FUNCTION "guard_court_indicator_kept_f"() RETURNS '
        'trigger LANGUAGE plpgsql AS $guard$ BEGIN IF TRUE THEN RAISE EXCEPTION '
        "'delete means archive: rows stay' USING ERRCODE = '23000'; END IF; IF "
        "TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_court_indicator_kept" BEFORE DELETE ON '
        '"court_indicator" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_court_indicator_kept_f"()',
        'CREATE OR REPLACE FUNCTION "guard_court_indicator_released_f"() RETURNS '
        "trigger LANGUAGE plpgsql AS $guard$ BEGIN IF NEW.state = 'live' AND "
        "OLD.state <> 'live' AND NOT EXISTS (SELECT 1 FROM publishing_revision v "
        'JOIN django_content_type t ON t.id = v.content_type_id WHERE t.app_label '
        "= 'court' AND t.model = 'indicator' AND v.object_id = NEW.id AND v.state "
        "= 'released') THEN RAISE EXCEPTION 'nothing becomes public without a "
        "released revision' USING ERRCODE = '23000'; END IF; IF TG_OP = 'DELETE' "
        'THEN RETURN OLD; END IF; RETURN NEW; END $guard$',
        'CREATE TRIGGER "guard_court_indicator_released" BEFORE UPDATE ON '
        '"court_indicator" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_court_indicator_released_f"()',
        'CREATE OR REPLACE FUNCTION "guard_court_indicator_date_f"() RETURNS '
        'trigger LANGUAGE plpgsql AS $guard$ BEGIN IF OLD.published_at IS NOT '
        'NULL AND (NEW.published_at IS NULL OR NEW.published_at <> '
        'OLD.published_at OR NEW.published_on <> OLD.published_on) THEN RAISE '
        "EXCEPTION 'a date of publication never changes' USING ERRCODE = '23000'; "
        "END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END "
        '$guard$',
        'CREATE TRIGGER "guard_court_indicator_date" BEFORE UPDATE ON '
        '"court_indicator" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_court_indicator_date_f"()',
        'CREATE OR REPLACE FUNCTION "guard_court_observation_kept_f"() RETURNS '
        'trigger LANGUAGE plpgsql AS $guard$ BEGIN IF TRUE THEN RAISE EXCEPTION '
        "'delete means archive: rows stay' USING ERRCODE = '23000'; END IF; IF "
        "TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_court_observation_kept" BEFORE DELETE ON '
        '"court_observation" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_court_observation_kept_f"()',
        'CREATE OR REPLACE FUNCTION "guard_court_observation_released_f"() '
        "RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN IF NEW.state = 'live' "
        "AND OLD.state <> 'live' AND NOT EXISTS (SELECT 1 FROM "
        'publishing_revision v JOIN django_content_type t ON t.id = '
        "v.content_type_id WHERE t.app_label = 'court' AND t.model = "
        "'observation' AND v.object_id = NEW.id AND v.state = 'released') THEN "
        "RAISE EXCEPTION 'nothing becomes public without a released revision' "
        "USING ERRCODE = '23000'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; "
        'END IF; RETURN NEW; END $guard$',
        'CREATE TRIGGER "guard_court_observation_released" BEFORE UPDATE ON '
        '"court_observation" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_court_observation_released_f"()',
        'CREATE OR REPLACE FUNCTION "guard_court_observation_date_f"() RETURNS '
        'trigger LANGUAGE plpgsql AS $guard$ BEGIN IF OLD.published_at IS NOT '
        'NULL AND (NEW.published_at IS NULL OR NEW.published_at <> '
        'OLD.published_at OR NEW.published_on <> OLD.published_on) THEN RAISE '
        "EXCEPTION 'a date of publication never changes' USING ERRCODE = '23000'; "
        "END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END "
        '$guard$',
        'CREATE TRIGGER "guard_court_observation_date" BEFORE UPDATE ON '
        '"court_observation" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_court_observation_date_f"()',
        'CREATE OR REPLACE FUNCTION "guard_court_courtprofile_kept_f"() RETURNS '
        'trigger LANGUAGE plpgsql AS $guard$ BEGIN IF TRUE THEN RAISE EXCEPTION '
        "'delete means archive: rows stay' USING ERRCODE = '23000'; END IF; IF "
        "TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_court_courtprofile_kept" BEFORE DELETE ON '
        '"court_courtprofile" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_court_courtprofile_kept_f"()',
        'CREATE OR REPLACE FUNCTION "guard_court_courtprofile_released_f"() '
        "RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN IF NEW.state = 'live' "
        "AND OLD.state <> 'live' AND NOT EXISTS (SELECT 1 FROM "
        'publishing_revision v JOIN django_content_type t ON t.id = '
        "v.content_type_id WHERE t.app_label = 'court' AND t.model = "
        "'courtprofile' AND v.object_id = NEW.id AND v.state = 'released') THEN "
        "RAISE EXCEPTION 'nothing becomes public without a released revision' "
        "USING ERRCODE = '23000'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; "
        'END IF; RETURN NEW; END $guard$',
        'CREATE TRIGGER "guard_court_courtprofile_released" BEFORE UPDATE ON '
        '"court_courtprofile" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_court_courtprofile_released_f"()',
        'CREATE OR REPLACE FUNCTION "guard_court_courtprofile_date_f"() RETURNS '
        'trigger LANGUAGE plpgsql AS $guard$ BEGIN IF OLD.published_at IS NOT '
        'NULL AND (NEW.published_at IS NULL OR NEW.published_at <> '
        'OLD.published_at OR NEW.published_on <> OLD.published_on) THEN RAISE '
        "EXCEPTION 'a date of publication never changes' USING ERRCODE = '23000'; "
        "END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END "
        '$guard$',
        'CREATE TRIGGER "guard_court_courtprofile_date" BEFORE UPDATE ON '
        '"court_courtprofile" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_court_courtprofile_date_f"()',
        'CREATE OR REPLACE FUNCTION "guard_court_department_kept_f"() RETURNS '
        'trigger LANGUAGE plpgsql AS $guard$ BEGIN IF TRUE THEN RAISE EXCEPTION '
        "'delete means archive: rows stay' USING ERRCODE = '23000'; END IF; IF "
        "TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_court_department_kept" BEFORE DELETE ON '
        '"court_department" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_court_department_kept_f"()',
        'CREATE OR REPLACE FUNCTION "guard_court_department_released_f"() RETURNS '
        "trigger LANGUAGE plpgsql AS $guard$ BEGIN IF NEW.state = 'live' AND "
        "OLD.state <> 'live' AND NOT EXISTS (SELECT 1 FROM publishing_revision v "
        'JOIN django_content_type t ON t.id = v.content_type_id WHERE t.app_label '
        "= 'court' AND t.model = 'department' AND v.object_id = NEW.id AND "
        "v.state = 'released') THEN RAISE EXCEPTION 'nothing becomes public "
        "without a released revision' USING ERRCODE = '23000'; END IF; IF TG_OP = "
        "'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_court_department_released" BEFORE UPDATE ON '
        '"court_department" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_court_department_released_f"()',
        'CREATE OR REPLACE FUNCTION "guard_court_department_date_f"() RETURNS '
        'trigger LANGUAGE plpgsql AS $guard$ BEGIN IF OLD.published_at IS NOT '
        'NULL AND (NEW.published_at IS NULL OR NEW.published_at <> '
        'OLD.published_at OR NEW.published_on <> OLD.published_on) THEN RAISE '
        "EXCEPTION 'a date of publication never changes' USING ERRCODE = '23000'; "
        "END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END "
        '$guard$',
        'CREATE TRIGGER "guard_court_department_date" BEFORE UPDATE ON '
        '"court_department" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_court_department_date_f"()',
        'CREATE OR REPLACE FUNCTION "guard_court_person_kept_f"() RETURNS trigger '
        "LANGUAGE plpgsql AS $guard$ BEGIN IF TRUE THEN RAISE EXCEPTION 'delete "
        "means archive: rows stay' USING ERRCODE = '23000'; END IF; IF TG_OP = "
        "'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_court_person_kept" BEFORE DELETE ON "court_person" '
        'FOR EACH ROW EXECUTE FUNCTION "guard_court_person_kept_f"()',
        'CREATE OR REPLACE FUNCTION "guard_court_person_released_f"() RETURNS '
        "trigger LANGUAGE plpgsql AS $guard$ BEGIN IF NEW.state = 'live' AND "
        "OLD.state <> 'live' AND NOT EXISTS (SELECT 1 FROM publishing_revision v "
        'JOIN django_content_type t ON t.id = v.content_type_id WHERE t.app_label '
        "= 'court' AND t.model = 'person' AND v.object_id = NEW.id AND v.state = "
        "'released') THEN RAISE EXCEPTION 'nothing becomes public without a "
        "released revision' USING ERRCODE = '23000'; END IF; IF TG_OP = 'DELETE' "
        'THEN RETURN OLD; END IF; RETURN NEW; END $guard$',
        'CREATE TRIGGER "guard_court_person_released" BEFORE UPDATE ON '
        '"court_person" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_court_person_released_f"()',
        'CREATE OR REPLACE FUNCTION "guard_court_person_date_f"() RETURNS trigger '
        'LANGUAGE plpgsql AS $guard$ BEGIN IF OLD.published_at IS NOT NULL AND '
        '(NEW.published_at IS NULL OR NEW.published_at <> OLD.published_at OR '
        "NEW.published_on <> OLD.published_on) THEN RAISE EXCEPTION 'a date of "
        "publication never changes' USING ERRCODE = '23000'; END IF; IF TG_OP = "
        "'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_court_person_date" BEFORE UPDATE ON "court_person" '
        'FOR EACH ROW EXECUTE FUNCTION "guard_court_person_date_f"()',
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
    ]

    operations = [
        migrations.CreateModel(
            name='CourtProfile',
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
                ('name', models.CharField(blank=True, max_length=80, verbose_name='full name of the court')),
                ('short_names', models.CharField(blank=True, help_text='Separated by commas.', max_length=120, verbose_name='short names')),
                ('level', models.CharField(choices=[('primary', "Primary-level people's court"), ('intermediate', "Intermediate people's court"), ('high', "High people's court")], default='primary', max_length=12, verbose_name='level of the court')),
                ('region', models.CharField(blank=True, max_length=80, verbose_name='region')),
                ('introduction', models.TextField(blank=True, verbose_name='introduction')),
                ('established_staff_count', models.TextField(blank=True, help_text='As it is printed, for example 32人.', null=True, verbose_name='established staff')),
                ('quota_judge_count', models.TextField(blank=True, help_text='Some of the established staff, never more than they are.', null=True, verbose_name='quota judges')),
                ('department_count', models.TextField(blank=True, null=True, verbose_name='internal departments')),
                ('ideas', models.TextField(blank=True, default=list, verbose_name='ideas, programmes, activities')),
                ('address', models.CharField(blank=True, max_length=200, verbose_name='address')),
                ('postcode', models.CharField(blank=True, max_length=10, verbose_name='postcode')),
                ('phones', models.TextField(blank=True, default=list, verbose_name='telephones')),
                ('hours', models.CharField(blank=True, max_length=200, verbose_name='office hours')),
                ('higher_courts', models.TextField(blank=True, default=list, verbose_name='higher courts')),
                ('remark', models.TextField(blank=True, help_text='Readers see it. It also answers what a check of the numbers asks.', max_length=500, verbose_name='remark')),
                ('name_en', models.CharField(blank=True, help_text='For the English pages. Empty: they show the Chinese.', max_length=150, verbose_name='name in English')),
                ('introduction_en', models.TextField(blank=True, verbose_name='introduction in English')),
                ('address_en', models.CharField(blank=True, max_length=200, verbose_name='address in English')),
                ('hours_en', models.CharField(blank=True, max_length=200, verbose_name='office hours in English')),
            ],
            options={
                'verbose_name': 'court profile',
                'verbose_name_plural': 'court profile',
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['unreleased', 'live', 'withdrawn', 'expired', 'archived'])), name='court_courtprofile_state_known'), models.CheckConstraint(condition=models.Q(('state', 'unreleased'), ('state', 'archived'), models.Q(('published_at__isnull', False), ('published_on__isnull', False)), _connector='OR'), name='court_courtprofile_public_has_date'), models.UniqueConstraint(condition=models.Q(('state', 'live')), fields=('state',), name='court_one_live_profile')],
            },
            bases=(models.Model,),
        ),
        migrations.CreateModel(
            name='Department',
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
                ('name', models.CharField(blank=True, max_length=60, verbose_name='name')),
                ('duties', models.TextField(blank=True, help_text='What it is there for, in sentences.', max_length=1000, verbose_name='duties')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='telephone')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Smaller numbers come first.', verbose_name='position')),
                ('name_en', models.CharField(blank=True, help_text='For the English pages. Empty: they show the Chinese.', max_length=120, verbose_name='name in English')),
                ('duties_en', models.TextField(blank=True, max_length=1500, verbose_name='duties in English')),
            ],
            options={
                'verbose_name': 'department',
                'verbose_name_plural': 'departments',
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['unreleased', 'live', 'withdrawn', 'expired', 'archived'])), name='court_department_state_known'), models.CheckConstraint(condition=models.Q(('state', 'unreleased'), ('state', 'archived'), models.Q(('published_at__isnull', False), ('published_on__isnull', False)), _connector='OR'), name='court_department_public_has_date')],
            },
            bases=(models.Model,),
        ),
        migrations.CreateModel(
            name='Indicator',
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
                ('name', models.CharField(blank=True, max_length=60, verbose_name='name')),
                ('code', models.CharField(blank=True, help_text='By these the portal reckons: accepted, concluded, pending, filed, closing_rate (concluded ÷ accepted), clearance_rate (concluded ÷ newly filed). It may stay empty.', max_length=40, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9_]*$')], verbose_name='code')),
                ('dataset', models.CharField(choices=[('cases', 'Cases'), ('quality', 'Quality of trials and enforcement'), ('openness', 'Judicial openness'), ('publicity', 'Publicity'), ('team', 'Team and discipline')], default='cases', max_length=12, verbose_name='dataset')),
                ('definition', models.TextField(blank=True, help_text='What is counted and how. Empty: readers are told that it is unstated.', max_length=500, verbose_name='definition')),
                ('unit', models.CharField(blank=True, help_text='For example 件, 名, %.', max_length=12, verbose_name='unit')),
                ('scope', models.CharField(blank=True, help_text='Whose figure it is.', max_length=60, verbose_name='scope')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Smaller numbers come first.', verbose_name='position')),
                ('name_en', models.CharField(blank=True, help_text='For the English pages. Empty: they show the Chinese.', max_length=120, verbose_name='name in English')),
                ('definition_en', models.TextField(blank=True, max_length=800, verbose_name='definition in English')),
                ('scope_en', models.CharField(blank=True, max_length=120, verbose_name='scope in English')),
                ('whole', models.ForeignKey(blank=True, help_text="The indicator of which this one counts a part; it can't exceed it.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='court.indicator', verbose_name='part of')),
            ],
            options={
                'verbose_name': 'indicator',
                'verbose_name_plural': 'indicators',
                'abstract': False,
            },
            bases=(models.Model,),
        ),
        migrations.CreateModel(
            name='Observation',
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
                ('period', models.TextField(blank=True, help_text='As it is printed: 2017年至2020年底, 三年来.', null=True, verbose_name='period')),
                ('period_from', models.DateField(blank=True, editable=False, null=True)),
                ('period_to', models.DateField(blank=True, editable=False, null=True)),
                ('period_sort', models.DateField(blank=True, editable=False, null=True)),
                ('value', models.TextField(blank=True, help_text='As it is printed: 5177件, 超过100%, 百余篇.', null=True, verbose_name='quantity')),
                ('value_low', models.DecimalField(decimal_places=6, editable=False, max_digits=21, null=True)),
                ('value_high', models.DecimalField(decimal_places=6, editable=False, max_digits=21, null=True)),
                ('value_sort', models.DecimalField(decimal_places=6, editable=False, max_digits=21, null=True)),
                ('rank', models.TextField(blank=True, help_text='As it is printed: 43个月排名全市首位, 全省前十名.', null=True, verbose_name='rank')),
                ('rank_sort', models.PositiveIntegerField(blank=True, editable=False, null=True)),
                ('remark', models.TextField(blank=True, help_text='Readers see it. It also answers what a check of the numbers asks.', max_length=500, verbose_name='remark')),
                ('dataset', models.CharField(blank=True, choices=[('cases', 'Cases'), ('quality', 'Quality of trials and enforcement'), ('openness', 'Judicial openness'), ('publicity', 'Publicity'), ('team', 'Team and discipline')], editable=False, max_length=12)),
                ('ordered_on', models.DateField(default=datetime.date(1000, 1, 1), editable=False)),
                ('indicator', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='observations', to='court.indicator', verbose_name='indicator')),
                ('working_indicator', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='court.indicator', verbose_name='indicator')),
            ],
            options={
                'verbose_name': 'figure',
                'verbose_name_plural': 'figures',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Person',
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
                ('name', models.CharField(blank=True, max_length=40, verbose_name='name')),
                ('posts', models.TextField(blank=True, default=list, help_text='In their order: 党组书记, then 院长. A post that was given up has an end.', verbose_name='posts')),
                ('precedence', models.PositiveSmallIntegerField(default=100, help_text='Smaller numbers come first.', verbose_name='order of precedence')),
                ('is_leader', models.BooleanField(default=False, verbose_name='leader of the court')),
                ('is_quota_judge', models.BooleanField(default=False, verbose_name='quota judge')),
                ('judge_grade', models.CharField(blank=True, max_length=30, verbose_name='judge grade')),
                ('duties', models.CharField(blank=True, max_length=200, verbose_name='in charge of')),
                ('biography', models.TextField(blank=True, max_length=1000, verbose_name='biography')),
                ('name_en', models.CharField(blank=True, help_text='For the English pages. Empty: they show the Chinese.', max_length=80, verbose_name='name in English')),
                ('posts_en', models.CharField(blank=True, help_text='The posts held today, in their order. Write them anew when they change.', max_length=200, verbose_name='posts in English')),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='people', to='court.department', verbose_name='department')),
            ],
            options={
                'verbose_name': 'person',
                'verbose_name_plural': 'people',
                'abstract': False,
            },
            bases=(models.Model,),
        ),
        migrations.AddIndex(
            model_name='indicator',
            index=models.Index(fields=['dataset', 'position', 'id'], name='court_indicator_in_order'),
        ),
        migrations.AddConstraint(
            model_name='indicator',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['unreleased', 'live', 'withdrawn', 'expired', 'archived'])), name='court_indicator_state_known'),
        ),
        migrations.AddConstraint(
            model_name='indicator',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'unreleased'), ('state', 'archived'), models.Q(('published_at__isnull', False), ('published_on__isnull', False)), _connector='OR'), name='court_indicator_public_has_date'),
        ),
        migrations.AddConstraint(
            model_name='indicator',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'live'), models.Q(('code', ''), _negated=True)), fields=('code',), name='court_one_live_indicator_of_a_code'),
        ),
        migrations.AddConstraint(
            model_name='indicator',
            constraint=models.CheckConstraint(condition=models.Q(('dataset__in', ['cases', 'quality', 'openness', 'publicity', 'team'])), name='court_indicator_dataset_known'),
        ),
        migrations.AddIndex(
            model_name='observation',
            index=models.Index(fields=['indicator', 'state', '-ordered_on', '-id'], name='court_figure_of'),
        ),
        migrations.AddIndex(
            model_name='observation',
            index=models.Index(fields=['dataset', 'state', '-ordered_on', '-id'], name='court_figure_in_dataset'),
        ),
        migrations.AddIndex(
            model_name='observation',
            index=models.Index(fields=['-created_at', '-id'], name='court_figure_newest'),
        ),
        migrations.AddIndex(
            model_name='observation',
            index=models.Index(django.db.models.functions.text.Lower('state'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='court_figure_by_state'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['unreleased', 'live', 'withdrawn', 'expired', 'archived'])), name='court_observation_state_known'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'unreleased'), ('state', 'archived'), models.Q(('published_at__isnull', False), ('published_on__isnull', False)), _connector='OR'), name='court_observation_public_has_date'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'live'), _negated=True), models.Q(('indicator__isnull', False), models.Q(('value__isnull', False), ('rank__isnull', False), _connector='OR')), _connector='OR'), name='court_figure_public_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['unreleased', 'live', 'withdrawn', 'expired', 'archived'])), name='court_person_state_known'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'unreleased'), ('state', 'archived'), models.Q(('published_at__isnull', False), ('published_on__isnull', False)), _connector='OR'), name='court_person_public_has_date'),
        ),
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]
