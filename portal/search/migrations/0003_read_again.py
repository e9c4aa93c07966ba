"""Words of lines that the paper ends, and numbers of sheets, are read now: such files wait anew."""

from django.db import migrations


def read_again(apps, schema_editor):
    files = apps.get_model("search", "FileText").objects.filter(kind__in=["pdf", "xlsx"])
    files.exclude(state="pending").update(state="pending", text="", attempts=0, tried_at=None)


class Migration(migrations.Migration):

    dependencies = [("search", "0002_index")]

    operations = [migrations.RunPython(read_again, migrations.RunPython.noop)]
