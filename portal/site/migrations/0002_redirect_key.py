from typing import Any

from django.db import migrations, models

from portal.site import legacy_urls


def fill_in(apps: Any, schema_editor: Any) -> None:
    """Give each redirect its key. Of two spellings of one address the older row stays."""
    rows = apps.get_model("site", "Redirect").objects.using(schema_editor.connection.alias)
    known = set()
    for row in rows.order_by("pk"):
        row.key = legacy_urls.lookup_key(row.old_path)
        if row.key in known:
            row.delete()
        else:
            known.add(row.key)
            row.save(update_fields=["key"])


class Migration(migrations.Migration):
    dependencies = [("site", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="redirect",
            name="key",
            field=models.CharField(default="", editable=False, max_length=64),
            preserve_default=False,
        ),
        migrations.RunPython(fill_in, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="redirect",
            name="key",
            field=models.CharField(editable=False, max_length=64, unique=True),
        ),
        migrations.AddConstraint(
            model_name="redirect",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("new_path__startswith", "/"),
                    models.Q(("new_path__startswith", "//"), _negated=True),
                ),
                name="site_redirect_stays_here",
            ),
        ),
    ]
