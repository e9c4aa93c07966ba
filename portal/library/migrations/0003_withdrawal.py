import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.utils import timezone


#: The reason that readers see in place of files that were out of use before this migration.
NOTICE = "本站不再提供。"


def withdraw_hidden_files(apps, schema_editor):
    """Withdraw the files that are out of use, so that they stay off the public pages.

    Until now "out of use" took a file off every page.
    """
    for name in ("Image", "Attachment"):
        hidden = apps.get_model("library", name).objects.filter(hidden=True)
        hidden.update(withdrawn_at=timezone.now(), notice=NOTICE)


def store_released_names(apps, schema_editor):
    """Store the file names under which public pages offer attachments now."""
    names = apps.get_model("library", "Attachment").objects.filter(pk=OuterRef("attachment_id"))
    uses = apps.get_model("library", "PublicUse").objects.exclude(attachment=None)
    uses.update(name=Subquery(names.values("name")[:1]))


class Migration(migrations.Migration):

    dependencies = [
        ('library', '0002_attachment_examination'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FormerDescription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=20)),
                ('value', models.CharField(blank=True, max_length=300)),
                ('changed_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.AddField(
            model_name='attachment',
            name='notice',
            field=models.CharField(blank=True, default='', editable=False, max_length=300, verbose_name='public reason'),
        ),
        migrations.AddField(
            model_name='attachment',
            name='withdrawn_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='withdrawn'),
        ),
        migrations.AddField(
            model_name='image',
            name='notice',
            field=models.CharField(blank=True, default='', editable=False, max_length=300, verbose_name='public reason'),
        ),
        migrations.AddField(
            model_name='image',
            name='withdrawn_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='withdrawn'),
        ),
        migrations.AddField(
            model_name='publicuse',
            name='name',
            field=models.CharField(blank=True, default='', max_length=200, verbose_name='file name'),
        ),
        migrations.AlterField(
            model_name='attachment',
            name='hidden',
            field=models.BooleanField(default=False, help_text='It is offered to nobody any more. Public pages that use it keep it until their next release; to take it off them at once, withdraw it.', verbose_name='out of use'),
        ),
        migrations.AlterField(
            model_name='attachment',
            name='name',
            field=models.CharField(help_text="The name readers get when they download it. A new name reaches a public page with the page's next release.", max_length=200, verbose_name='file name'),
        ),
        migrations.AlterField(
            model_name='image',
            name='hidden',
            field=models.BooleanField(default=False, help_text='It is offered to nobody any more. Public pages that use it keep it until their next release; to take it off them at once, withdraw it.', verbose_name='out of use'),
        ),
        migrations.RunPython(withdraw_hidden_files, migrations.RunPython.noop),
        migrations.RunPython(store_released_names, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='attachment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('notice', ''), ('withdrawn_at__isnull', True)), models.Q(('withdrawn_at__isnull', False), models.Q(('notice', ''), _negated=True)), _connector='OR'), name='library_attachment_withdrawal_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('notice', ''), ('withdrawn_at__isnull', True)), models.Q(('withdrawn_at__isnull', False), models.Q(('notice', ''), _negated=True)), _connector='OR'), name='library_image_withdrawal_has_reason'),
        ),
        migrations.AddField(
            model_name='formerdescription',
            name='attachment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='former_descriptions', to='library.attachment'),
        ),
        migrations.AddField(
            model_name='formerdescription',
            name='image',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='former_descriptions', to='library.image'),
        ),
        migrations.AddConstraint(
            model_name='formerdescription',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('attachment__isnull', True), ('image__isnull', False)), models.Q(('attachment__isnull', False), ('image__isnull', True)), _connector='OR'), name='library_former_description_of_one_file'),
        ),
    ]
