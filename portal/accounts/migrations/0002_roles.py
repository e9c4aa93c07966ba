from django.db import migrations

from portal.accounts.groups import ensure_roles


def make_roles(apps, schema_editor):
    ensure_roles(apps.get_model("auth", "Group"))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    # Backwards the groups stay: people may hold them.
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
