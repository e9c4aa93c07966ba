import django.db.models.deletion
from django.db import migrations, models


TABLES = ("search_public", "search_staff")

SQLITE = (
    # The FTS5 table stores tokens without positions, see docs/decisions/0010-search.md. ASCII
    # spaces separate the tokens.
    "CREATE VIRTUAL TABLE {0}_index USING fts5"
    "(tokens, content='', detail=none, columnsize=0, tokenize='ascii')",
    "CREATE VIRTUAL TABLE {0}_index_words USING fts5vocab({0}_index, row)",
)
POSTGRESQL = (
    "ALTER TABLE {0} ADD COLUMN vector tsvector NOT NULL DEFAULT ''",
    # Statistics of this column are expensive to gather, and useless: queries have only one plan.
    "ALTER TABLE {0} ALTER COLUMN vector SET STATISTICS 0",
    # The GIN index has no pending list, so that releases and searches take a constant time.
    "CREATE INDEX {0}_vector ON {0} USING gin (vector) WITH (fastupdate = off)",
)


def create_indexes(apps, schema_editor):
    statements = SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL
    for table in TABLES:
        for statement in statements:
            schema_editor.execute(statement.format(table))


def drop_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for table in TABLES:
            schema_editor.execute(f"DROP TABLE {table}_index_words")
            schema_editor.execute(f"DROP TABLE {table}_index")
    # PostgreSQL drops the column ``vector`` and its index together with their table.


class OrdinalField(models.BigIntegerField):
    """The field class of ``ordinal``; see the class of the same name in ``search.models``."""

    def db_type(self, connection):
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.BigIntegerField", args, kwargs


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.CreateModel(
            name='RebuildProgress',
            fields=[
                ('index', models.CharField(max_length=10, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(default=0)),
                ('model', models.CharField(blank=True, default='', max_length=100)),
                ('object_id', models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='FileText',
            fields=[
                ('digest', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(max_length=4)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('read', 'Read'), ('unreadable', 'Unreadable')], default='pending', max_length=10)),
                ('text', models.TextField(blank=True, default='')),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('tried_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['tried_at'], name='search_to_read')],
            },
        ),
        migrations.CreateModel(
            name='PublicIndex',
            fields=[
                ('ordinal', OrdinalField(primary_key=True, serialize=False)),
                ('object_id', models.PositiveBigIntegerField()),
                ('facets', models.TextField()),
                ('digest', models.CharField(max_length=32)),
                ('folded_title', models.TextField()),
                ('folded_text', models.TextField()),
                ('day', models.DateField(null=True)),
                ('title', models.TextField()),
                ('text', models.TextField()),
                ('content_type', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contenttypes.contenttype')),
            ],
            options={
                'db_table': 'search_public',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('content_type', 'object_id'), name='search_publicindex_once')],
            },
        ),
        migrations.CreateModel(
            name='StaffIndex',
            fields=[
                ('ordinal', OrdinalField(primary_key=True, serialize=False)),
                ('object_id', models.PositiveBigIntegerField()),
                ('facets', models.TextField()),
                ('digest', models.CharField(max_length=32)),
                ('folded_title', models.TextField()),
                ('folded_text', models.TextField()),
                ('content_type', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contenttypes.contenttype')),
            ],
            options={
                'db_table': 'search_staff',
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('content_type', 'object_id'), name='search_staffindex_once')],
            },
        ),
        migrations.RunPython(create_indexes, drop_indexes),
    ]
