import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('library', '0003_withdrawal'),
        ('publishing', '0002_second_schema'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MediaProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('open', 'In review'), ('returned', 'Returned'), ('released', 'Released'), ('cancelled', 'Cancelled')], default='open', max_length=9, verbose_name='state')),
                ('change_kind', models.CharField(choices=[('', 'First release'), ('substance', 'Correction of substance'), ('typographical', 'Typographical correction')], max_length=13, verbose_name='kind of change')),
                ('public_note', models.CharField(max_length=300, verbose_name='public note')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('comment', models.CharField(blank=True, default='', max_length=2000, verbose_name='comment')),
                ('attachment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='library.attachment')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('image', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='library.image')),
            ],
            options={
                'verbose_name': 'joint change',
                'verbose_name_plural': 'joint changes',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('attachment__isnull', True), ('image__isnull', False)), models.Q(('attachment__isnull', False), ('image__isnull', True)), _connector='OR'), name='publishing_proposal_of_one_file'),
                    models.CheckConstraint(condition=models.Q(('state__in', ('open', 'returned', 'released', 'cancelled'))), name='publishing_proposal_state_known'),
                    models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('image',), name='publishing_one_open_proposal'),
                    models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('attachment',), name='publishing_one_open_file_proposal'),
                ],
            },
        ),
        migrations.AddField(
            model_name='revision',
            name='proposal',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='publishing.mediaproposal'),
        ),
    ]
