import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='FriendlyLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group', models.CharField(choices=[('disclosure', 'Judicial openness platform'), ('service', 'Litigation service'), ('friend', 'Friendly link')], default='friend', help_text='Decides where on the home page the link stands.', max_length=20, verbose_name='group')),
                ('title', models.CharField(max_length=100, verbose_name='title')),
                ('url', models.URLField(help_text='With https:// or http:// in front.', max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https'])], verbose_name='address')),
                ('description', models.CharField(blank=True, help_text='One line that says what the reader finds there.', max_length=200, verbose_name='description')),
                ('title_en', models.CharField(blank=True, help_text='For the English pages. Empty: they show the Chinese.', max_length=150, verbose_name='title in English')),
                ('description_en', models.CharField(blank=True, max_length=200, verbose_name='description in English')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Smaller numbers stand first.', verbose_name='position')),
            ],
            options={
                'verbose_name': 'friendly link',
                'verbose_name_plural': 'friendly links',
                'ordering': ['group', 'position', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('group__in', ['disclosure', 'service', 'friend'])), name='site_link_group_is_known'), models.UniqueConstraint(fields=('group', 'url'), name='site_link_once_per_group', violation_error_message='This group has a link to this address already.')],
            },
        ),
        migrations.CreateModel(
            name='Redirect',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('old_path', models.CharField(error_messages={'unique': 'This old path leads somewhere already. Change that one.'}, help_text='Path and query as visitors still use them: /public/detail.php?id=12', max_length=500, unique=True, validators=[django.core.validators.RegexValidator('^/(?![/\\\\])[^\\s\\\\#\\x00-\\x1f\\x7f]*\\Z', 'Write a path of this site that begins with one slash, such as /news/12/.')], verbose_name='old path')),
                ('new_path', models.CharField(help_text='A path of this site: /news/12/', max_length=500, validators=[django.core.validators.RegexValidator('^/(?![/\\\\])[^\\s\\\\#\\x00-\\x1f\\x7f]*\\Z', 'Write a path of this site that begins with one slash, such as /news/12/.')], verbose_name='new path')),
                ('key', models.CharField(editable=False, max_length=64, unique=True)),
            ],
            options={
                'verbose_name': 'redirect',
                'verbose_name_plural': 'redirects',
                'ordering': ['old_path'],
                'constraints': [models.CheckConstraint(condition=models.Q(('old_path', models.F('new_path')), _negated=True), name='site_redirect_leads_elsewhere', violation_error_message='The old and the new path are the same.'), models.CheckConstraint(condition=models.Q(('new_path__startswith', '/'), models.Q(('new_path__startswith', '//'), _negated=True)), name='site_redirect_stays_here')],
            },
        ),
        migrations.CreateModel(
            name='SiteSettings',
            fields=[
                ('id', models.BigIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(blank=True, help_text="The court's full name. Stands in the masthead and in every page's title.", max_length=100, verbose_name='site name')),
                ('short_name', models.CharField(blank=True, help_text='Used where the full name has no room.', max_length=50, verbose_name='short name')),
                ('name_en', models.CharField(blank=True, help_text='For the English pages. Empty: they show the Chinese.', max_length=150, verbose_name='site name in English')),
                ('domain', models.CharField(blank=True, help_text='The bare domain, without http:// and without a path.', max_length=253, validators=[django.core.validators.RegexValidator('\\A(?=.{1,253}\\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\Z', 'Write the bare domain in lower case, such as www.example.gov.cn.')], verbose_name='domain')),
                ('site_id_code', models.CharField(blank=True, help_text="As issued for the site. Stands in the footer and in every page's head.", max_length=20, verbose_name='site identification code')),
                ('mark_url', models.URLField(blank=True, help_text="Where the office that issued the mark of a public body's site (党政机关网站标识) shows it. The mark in the footer leads there. May stay empty.", max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https'])], verbose_name='address of the mark')),
                ('icp_number', models.CharField(blank=True, help_text='Stands in the footer.', max_length=50, verbose_name='ICP filing number')),
                ('police_number', models.CharField(blank=True, help_text='Stands in the footer.', max_length=50, verbose_name='public security filing number')),
                ('sponsor', models.CharField(blank=True, help_text='The body that answers for the site.', max_length=100, verbose_name='sponsor')),
                ('sponsor_en', models.CharField(blank=True, max_length=150, verbose_name='sponsor in English')),
                ('organiser', models.CharField(blank=True, help_text='The department that runs it day by day. May stay empty.', max_length=100, verbose_name='organiser')),
                ('address', models.CharField(blank=True, max_length=200, verbose_name='address')),
                ('address_en', models.CharField(blank=True, max_length=200, verbose_name='address in English')),
                ('postcode', models.CharField(blank=True, max_length=10, verbose_name='postcode')),
                ('phone', models.CharField(blank=True, help_text='The number the public may call.', max_length=50, verbose_name='telephone')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('description', models.CharField(blank=True, help_text="One or two sentences that search engines show below the site's name.", max_length=300, verbose_name='description')),
                ('description_en', models.CharField(blank=True, max_length=300, verbose_name='description in English')),
                ('keywords', models.CharField(blank=True, help_text='Separated by commas.', max_length=200, verbose_name='keywords')),
                ('is_live', models.BooleanField(default=False, help_text='Tick this when the site opens. Every identification field must be filled in.', verbose_name='the site is live')),
            ],
            options={
                'verbose_name': 'site settings',
                'verbose_name_plural': 'site settings',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='site_settings_is_one_row'), models.CheckConstraint(condition=models.Q(('is_live', False), models.Q(models.Q(('name', ''), _negated=True), models.Q(('domain', ''), _negated=True), models.Q(('site_id_code', ''), _negated=True), models.Q(('icp_number', ''), _negated=True), models.Q(('police_number', ''), _negated=True), models.Q(('sponsor', ''), _negated=True), models.Q(('address', ''), _negated=True), models.Q(('phone', ''), _negated=True)), _connector='OR'), name='site_live_is_identified', violation_error_message='A live site needs every identification field.')],
            },
        ),
    ]
