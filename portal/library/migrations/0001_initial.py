import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True, verbose_name='digest')),
                ('upload_digest', models.CharField(db_index=True, editable=False, max_length=64)),
                ('file', models.FileField(editable=False, max_length=120, upload_to='', verbose_name='file')),
                ('size', models.PositiveBigIntegerField(editable=False, verbose_name='size')),
                ('title', models.CharField(blank=True, help_text="What colleagues find it by. Readers don't see it with a picture.", max_length=200, verbose_name='title')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='uploaded at')),
                ('hidden', models.BooleanField(default=False, help_text='It is offered to nobody any more, and disappears from every public page that uses it. The file itself is kept.', verbose_name='out of use')),
                ('name', models.CharField(help_text='The name readers get when they download it.', max_length=200, verbose_name='file name')),
                ('kind', models.CharField(choices=[('pdf', 'PDF'), ('docx', 'Word'), ('xlsx', 'Excel')], editable=False, max_length=4, verbose_name='kind')),
                ('uploader', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by')),
            ],
            options={
                'verbose_name': 'attachment',
                'verbose_name_plural': 'attachments',
                'ordering': ['-id'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Image',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True, verbose_name='digest')),
                ('upload_digest', models.CharField(db_index=True, editable=False, max_length=64)),
                ('file', models.FileField(editable=False, max_length=120, upload_to='', verbose_name='file')),
                ('size', models.PositiveBigIntegerField(editable=False, verbose_name='size')),
                ('title', models.CharField(blank=True, help_text="What colleagues find it by. Readers don't see it with a picture.", max_length=200, verbose_name='title')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='uploaded at')),
                ('hidden', models.BooleanField(default=False, help_text='It is offered to nobody any more, and disappears from every public page that uses it. The file itself is kept.', verbose_name='out of use')),
                ('format', models.CharField(choices=[('jpeg', 'JPEG'), ('png', 'PNG')], editable=False, max_length=4, verbose_name='format')),
                ('width', models.PositiveIntegerField(editable=False, verbose_name='width')),
                ('height', models.PositiveIntegerField(editable=False, verbose_name='height')),
                ('widths', models.JSONField(default=list, editable=False)),
                ('alt', models.CharField(blank=True, help_text="What the picture shows, in a sentence, for readers who can't see it. It is proposed wherever the picture is used.", max_length=300, verbose_name='alternative text')),
                ('credit', models.CharField(blank=True, help_text='Who took or drew it. It is proposed wherever the picture is used.', max_length=100, verbose_name='credit')),
                ('focal_x', models.PositiveSmallIntegerField(default=50, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='focal point, from the left (%)')),
                ('focal_y', models.PositiveSmallIntegerField(default=50, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='focal point, from the top (%)')),
                ('uploader', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by')),
            ],
            options={
                'verbose_name': 'image',
                'verbose_name_plural': 'images',
                'ordering': ['-id'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MediaSyncTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attachment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='library.attachment')),
                ('image', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='library.image')),
            ],
        ),
        migrations.CreateModel(
            name='PublicUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner_id', models.PositiveBigIntegerField()),
                ('attachment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='public_uses', to='library.attachment')),
                ('image', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='public_uses', to='library.image')),
                ('owner_type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contenttypes.contenttype')),
            ],
            options={
                'verbose_name': 'public use',
                'verbose_name_plural': 'public uses',
            },
        ),
        migrations.AddIndex(
            model_name='attachment',
            index=models.Index(fields=['-created_at', '-id'], name='library_attachment_by_age'),
        ),
        migrations.AddIndex(
            model_name='attachment',
            index=models.Index(condition=models.Q(('hidden', True)), fields=['-id'], name='library_attachment_hidden'),
        ),
        migrations.AddIndex(
            model_name='attachment',
            index=models.Index(fields=['kind', '-id'], name='library_attachment_by_kind'),
        ),
        migrations.AddConstraint(
            model_name='attachment',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['pdf', 'docx', 'xlsx'])), name='library_attachment_kind_known'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['-created_at', '-id'], name='library_image_by_age'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('hidden', True)), fields=['-id'], name='library_image_hidden'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(('format__in', ['jpeg', 'png'])), name='library_image_format_known'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(('focal_x__range', (0, 100)), ('focal_y__range', (0, 100))), name='library_image_focal_point_inside'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(('height__gte', 1), ('width__gte', 1)), name='library_image_has_size'),
        ),
        migrations.AddConstraint(
            model_name='mediasynctask',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('attachment__isnull', True), ('image__isnull', False)), models.Q(('attachment__isnull', False), ('image__isnull', True)), _connector='OR'), name='library_sync_task_of_one_file'),
        ),
        migrations.AddConstraint(
            model_name='publicuse',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('attachment__isnull', True), ('image__isnull', False)), models.Q(('attachment__isnull', False), ('image__isnull', True)), _connector='OR'), name='library_use_of_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='publicuse',
            constraint=models.UniqueConstraint(condition=models.Q(('image__isnull', False)), fields=('owner_type', 'owner_id', 'image'), name='library_image_used_once_by_owner'),
        ),
        migrations.AddConstraint(
            model_name='publicuse',
            constraint=models.UniqueConstraint(condition=models.Q(('attachment__isnull', False)), fields=('owner_type', 'owner_id', 'attachment'), name='library_attachment_used_once_by_owner'),
        ),
    ]
