from django.db import migrations, models
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, NullIf



def store_shown_names(apps, schema_editor):
    """Store the names that public pages show now, so that no later change replaces them."""
    names = apps.get_model("library", "Attachment").objects.filter(pk=OuterRef("attachment_id"))
    apps.get_model("publishing", "AttachedFile").objects.update(
        name=Subquery(names.values("name")[:1])
    )
    users = apps.get_model("accounts", "User").objects.filter(pk=OuterRef("reviewer_id"))
    shown = users.annotate(shown=Coalesce(NullIf("full_name", Value("")), "username"))
    apps.get_model("publishing", "Review").objects.update(
        reviewer_name=Subquery(shown.values("shown")[:1])
    )


def suspend_guards(apps, schema_editor):
    """Let this migration alter the tables that triggers guard and fill a column of reviews.

    SQLite refuses to rebuild a table while triggers refer to it, and 0001 creates them also if it
    runs directly before. Every ``migrate`` ends by creating the triggers that are missing.
    """
    connection = schema_editor.connection
    if connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE publishing_review DISABLE TRIGGER USER")
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%publishing_%'"
        )
        names = [name for (name,) in cursor.fetchall()]
        for name in names:
            cursor.execute(f'DROP TRIGGER "{name}"')


def resume_guards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE publishing_review ENABLE TRIGGER USER")


class Migration(migrations.Migration):

    dependencies = [
        ('publishing', '0001_initial'),
        ('library', '0001_initial'),
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(suspend_guards, migrations.RunPython.noop),
        migrations.AddField(
            model_name='attachedfile',
            name='name',
            field=models.CharField(blank=True, max_length=200, verbose_name='file name'),
        ),
        migrations.AddField(
            model_name='review',
            name='reviewer_name',
            field=models.CharField(blank=True, default='', max_length=150, verbose_name='name of the reviewer'),
        ),
        migrations.AddField(
            model_name='revision',
            name='renewed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='renewed'),
        ),
        migrations.RunPython(store_shown_names, migrations.RunPython.noop),
        migrations.RunPython(resume_guards, migrations.RunPython.noop),
    ]
