import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


#: Triggers that protect letters from changes: (SQLite, PostgreSQL) statements.
TRIGGERS = {
    "sqlite": [
        'CREATE TRIGGER letters_stay_update BEFORE UPDATE ON "letters_letter" '
        'WHEN OLD.id <> NEW.id OR OLD.receipt <> NEW.receipt OR OLD.kind <> '
        'NEW.kind OR OLD.page <> NEW.page OR OLD.text <> NEW.text OR '
        'OLD.received_at <> NEW.received_at OR OLD.due_on <> NEW.due_on OR '
        'OLD.token_digest <> NEW.token_digest OR (OLD.name <> NEW.name AND '
        "NEW.name <> '') OR (OLD.phone <> NEW.phone AND NEW.phone <> '') OR "
        "(OLD.email <> NEW.email AND NEW.email <> '') OR (OLD.state IN "
        "('answered', 'closed') AND NEW.state <> 'in_hand' AND (OLD.state <> "
        'NEW.state OR OLD.answer <> NEW.answer OR OLD.reason <> NEW.reason OR '
        'OLD.finished_at <> NEW.finished_at OR OLD.finished_by_id <> '
        "NEW.finished_by_id)) BEGIN SELECT RAISE(ABORT, 'a letter stays as it was "
        "written'); END",
        'CREATE TRIGGER letters_stay_delete BEFORE DELETE ON "letters_letter" '
        "BEGIN SELECT RAISE(ABORT, 'letters are never deleted'); END",
        'CREATE TRIGGER letters_stay_replace BEFORE INSERT ON "letters_letter" '
        'WHEN EXISTS (SELECT 1 FROM "letters_letter" WHERE id = NEW.id OR receipt '
        '= NEW.receipt OR token_digest = NEW.token_digest) BEGIN SELECT '
        "RAISE(ABORT, 'letters are never deleted'); END",
    ],
    "postgresql": [
        'CREATE OR REPLACE FUNCTION letters_stay() RETURNS trigger LANGUAGE '
        "plpgsql AS $$ BEGIN IF TG_OP <> 'UPDATE' THEN RAISE EXCEPTION 'letters "
        "are never deleted' USING ERRCODE = 'integrity_constraint_violation'; END "
        'IF; IF OLD.id <> NEW.id OR OLD.receipt <> NEW.receipt OR OLD.kind <> '
        'NEW.kind OR OLD.page <> NEW.page OR OLD.text <> NEW.text OR '
        'OLD.received_at <> NEW.received_at OR OLD.due_on <> NEW.due_on OR '
        'OLD.token_digest <> NEW.token_digest OR (OLD.name <> NEW.name AND '
        "NEW.name <> '') OR (OLD.phone <> NEW.phone AND NEW.phone <> '') OR "
        "(OLD.email <> NEW.email AND NEW.email <> '') OR (OLD.state IN "
        "('answered', 'closed') AND NEW.state <> 'in_hand' AND (OLD.state <> "
        'NEW.state OR OLD.answer <> NEW.answer OR OLD.reason <> NEW.reason OR '
        'OLD.finished_at <> NEW.finished_at OR OLD.finished_by_id <> '
        "NEW.finished_by_id)) THEN RAISE EXCEPTION 'a letter stays as it was "
        "written' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        'RETURN NEW; END $$',
        'CREATE TRIGGER letters_stay_row BEFORE UPDATE OR DELETE ON '
        '"letters_letter" FOR EACH ROW EXECUTE FUNCTION letters_stay()',
        'CREATE TRIGGER letters_stay_truncate BEFORE TRUNCATE ON "letters_letter" '
        'FOR EACH STATEMENT EXECUTE FUNCTION letters_stay()',
    ],
}


def create_triggers(apps, schema_editor):
    """Create the triggers for the vendor of the migrated database."""
    for statement in TRIGGERS[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, unique=True)),
                ('count', models.PositiveIntegerField(default=0)),
                ('until', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='LetterSettings',
            fields=[
                ('id', models.BigIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('letter_days', models.PositiveSmallIntegerField(default=15, help_text='So many days after it came, a letter is due. The sender is told the date.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)], verbose_name='days for a letter')),
                ('error_days', models.PositiveSmallIntegerField(default=5, help_text='Monday to Friday; public holidays are not known here.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)], verbose_name='working days for an error on this site')),
                ('contact_days', models.PositiveSmallIntegerField(default=180, help_text='So many days after a letter was settled, its name, telephone and e-mail are erased. The form tells people so.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)], verbose_name='days until contact data are erased')),
            ],
            options={
                'verbose_name': 'limits for letters',
                'verbose_name_plural': 'limits for letters',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='letters_settings_are_one_row'), models.CheckConstraint(condition=models.Q(('contact_days__gte', 1), ('error_days__gte', 1), ('letter_days__gte', 1)), name='letters_limits_are_days')],
            },
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('receipt', models.CharField(max_length=23, unique=True, verbose_name='receipt number')),
                ('kind', models.CharField(choices=[('error', 'Error on this site'), ('question', 'Question'), ('suggestion', 'Suggestion'), ('complaint', 'Complaint')], max_length=10, verbose_name='kind')),
                ('page', models.CharField(blank=True, max_length=500, verbose_name='page of this site')),
                ('text', models.TextField(verbose_name='text')),
                ('name', models.CharField(blank=True, max_length=50, verbose_name="sender's name")),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='telephone')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('received_at', models.DateTimeField(verbose_name='received')),
                ('due_on', models.DateField(verbose_name='answer due')),
                ('state', models.CharField(choices=[('new', 'received'), ('in_hand', 'in hand'), ('answered', 'answer given'), ('closed', 'closed without an answer')], default='new', max_length=10, verbose_name='state')),
                ('answer', models.TextField(blank=True, verbose_name='answer')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='settled')),
                ('version', models.PositiveIntegerField(default=0)),
                ('token_digest', models.CharField(max_length=64, unique=True)),
                ('sort_key', models.PositiveIntegerField()),
                ('finished_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='settled by')),
                ('taken_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='in the hands of')),
            ],
            options={
                'verbose_name': 'letter',
                'verbose_name_plural': 'letters',
                'ordering': ['sort_key', 'id'],
                'indexes': [models.Index(models.F('sort_key'), models.F('id'), name='letters_by_sort_key'), models.Index(models.F('state'), models.F('sort_key'), models.F('id'), name='letters_by_state'), models.Index(models.F('kind'), models.F('sort_key'), models.F('id'), name='letters_by_kind')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['error', 'question', 'suggestion', 'complaint'])), name='letters_kind_is_known'), models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='letters_say_something'), models.CheckConstraint(condition=models.Q(('page', ''), models.Q(('page__startswith', '/'), models.Q(('page__startswith', '//'), _negated=True)), _connector='OR'), name='letters_page_is_of_this_site'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'new'), ('taken_by', None)), models.Q(models.Q(('state', 'new'), _negated=True), ('taken_by__isnull', False)), _connector='OR'), name='letters_taken_by_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('finished_by', None), ('state__in', ['new', 'in_hand'])), models.Q(('finished_at__isnull', False), ('finished_by__isnull', False), models.Q(models.Q(('state', 'answered'), models.Q(('answer', ''), _negated=True)), models.Q(('state', 'closed'), models.Q(('reason', ''), _negated=True)), _connector='OR')), _connector='OR'), name='letters_settled_whole')],
            },
        ),
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]
