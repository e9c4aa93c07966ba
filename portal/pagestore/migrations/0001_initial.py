from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='SiteGeneration',
            fields=[
                ('id', models.BigIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField(default=0)),
                ('oldest_servable', models.BigIntegerField(default=0)),
                ('timestamp', models.BigIntegerField(default=0)),
                ('day', models.DateField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='pagestore_generation_single_row'), models.CheckConstraint(condition=models.Q(('oldest_servable__lte', models.F('number'))), name='pagestore_oldest_servable_exists')],
            },
        ),
    ]
