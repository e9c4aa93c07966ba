import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


#: Triggers that enforce rules about articles: (SQLite, PostgreSQL) statements.
TRIGGERS = {
    "sqlite": [
        'CREATE TRIGGER "guard_news_article_kept" BEFORE DELETE ON "news_article" '
        "FOR EACH ROW WHEN TRUE BEGIN SELECT RAISE(ABORT, 'delete means archive: "
        "rows stay'); END",
        'CREATE TRIGGER "guard_news_article_released" BEFORE UPDATE ON '
        '"news_article" FOR EACH ROW WHEN NEW.state = \'live\' AND OLD.state <> '
        "'live' AND NOT EXISTS (SELECT 1 FROM publishing_revision v JOIN "
        'django_content_type t ON t.id = v.content_type_id WHERE t.app_label = '
        "'news' AND t.model = 'article' AND v.object_id = NEW.id AND v.state = "
        "'released') BEGIN SELECT RAISE(ABORT, 'nothing becomes public without a "
        "released revision'); END",
        'CREATE TRIGGER "guard_news_article_date" BEFORE UPDATE ON "news_article" '
        'FOR EACH ROW WHEN OLD.published_at IS NOT NULL AND (NEW.published_at IS '
        'NULL OR NEW.published_at <> OLD.published_at OR NEW.published_on <> '
        "OLD.published_on) BEGIN SELECT RAISE(ABORT, 'a date of publication never "
        "changes'); END",
    ],
    "postgresql": [
        'CREATE OR REPLACE FUNCTION "guard_news_article_kept_f"() RETURNS trigger '
        "LANGUAGE plpgsql AS $guard$ BEGIN IF TRUE THEN RAISE EXCEPTION 'delete "
        "means archive: rows stay' USING ERRCODE = '23000'; END IF; IF TG_OP = "
        "'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_news_article_kept" BEFORE DELETE ON "news_article" '
        'FOR EACH ROW EXECUTE FUNCTION "guard_news_article_kept_f"()',
        'CREATE OR REPLACE FUNCTION "guard_news_article_released_f"() RETURNS '
        "trigger LANGUAGE plpgsql AS $guard$ BEGIN IF NEW.state = 'live' AND "
        "OLD.state <> 'live' AND NOT EXISTS (SELECT 1 FROM publishing_revision v "
        'JOIN django_content_type t ON t.id = v.content_type_id WHERE t.app_label '
        "= 'news' AND t.model = 'article' AND v.object_id = NEW.id AND v.state = "
        "'released') THEN RAISE EXCEPTION 'nothing becomes public without a "
        "released revision' USING ERRCODE = '23000'; END IF; IF TG_OP = 'DELETE' "
        'THEN RETURN OLD; END IF; RETURN NEW; END $guard$',
        'CREATE TRIGGER "guard_news_article_released" BEFORE UPDATE ON '
        '"news_article" FOR EACH ROW EXECUTE FUNCTION '
        '"guard_news_article_released_f"()',
        'CREATE OR REPLACE FUNCTION "guard_news_article_date_f"() RETURNS trigger '
        'LANGUAGE plpgsql AS $guard$ BEGIN IF OLD.published_at IS NOT NULL AND '
        '(NEW.published_at IS NULL OR NEW.published_at <> OLD.published_at OR '
        "NEW.published_on <> OLD.published_on) THEN RAISE EXCEPTION 'a date of "
        "publication never changes' USING ERRCODE = '23000'; END IF; IF TG_OP = "
        "'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $guard$",
        'CREATE TRIGGER "guard_news_article_date" BEFORE UPDATE ON "news_article" '
        'FOR EACH ROW EXECUTE FUNCTION "guard_news_article_date_f"()',
    ],
}


def create_triggers(apps, schema_editor):
    """Create the triggers for the vendor of the migrated database."""
    for statement in TRIGGERS[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('publishing', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('name_en', models.CharField(blank=True, help_text='For the English pages. Empty: they show the Chinese.', max_length=100, verbose_name='name in English')),
                ('slug', models.SlugField(help_text="Stands in the topic's address: /topics/<word>/.", unique=True, validators=[django.core.validators.RegexValidator('[a-z]', 'An address word needs at least one letter, so that it is not taken for a number.'), django.core.validators.RegexValidator('^(?:feeds|honors|news|page)\\Z', 'This word is used by the site itself; choose another.', inverse_match=True)], verbose_name='address word')),
                ('description', models.CharField(blank=True, max_length=300, verbose_name='description')),
                ('description_en', models.CharField(blank=True, max_length=300, verbose_name='description in English')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
            ],
            options={
                'verbose_name': 'topic',
                'verbose_name_plural': 'topics',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Column',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('name_en', models.CharField(blank=True, help_text='For the English pages. Empty: they show the Chinese.', max_length=80, verbose_name='name in English')),
                ('slug', models.SlugField(help_text="Stands in the column's address: /news/<word>/. Links break if you change it.", unique=True, validators=[django.core.validators.RegexValidator('[a-z]', 'An address word needs at least one letter, so that it is not taken for a number.'), django.core.validators.RegexValidator('^(?:feeds|honors|news|page)\\Z', 'This word is used by the site itself; choose another.', inverse_match=True)], verbose_name='address word')),
                ('description', models.CharField(blank=True, help_text='One sentence for readers and search engines.', max_length=200, verbose_name='description')),
                ('description_en', models.CharField(blank=True, max_length=200, verbose_name='description in English')),
                ('keywords', models.CharField(blank=True, help_text='Separated by commas.', max_length=100, verbose_name='keywords')),
                ('column_type', models.CharField(choices=[('首页', 'Home page'), ('概况信息', 'Profile'), ('机构职能', 'Duties of the body'), ('负责人信息', 'Leaders'), ('工作动态', 'Work news'), ('政策文件', 'Policy documents'), ('信息公开指南', 'Guide to disclosure'), ('数据发布', 'Data'), ('政策解读', 'Interpretation of policy'), ('回应关切', 'Answers to concerns'), ('办事服务', 'Services'), ('咨询投诉', 'Consultation and complaints'), ('征集调查', 'Surveys'), ('在线访谈', 'Interviews')], default='工作动态', help_text='As the inspection of government sites names it.', max_length=10, verbose_name='column type')),
                ('review_steps', models.PositiveSmallIntegerField(default=3, help_text='3: first, second and final review; 2: first and final; 1: final only.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3)], verbose_name='review steps')),
                ('update_limit_days', models.PositiveSmallIntegerField(blank=True, help_text='After how many days without a new text the column counts as stale.', null=True, verbose_name='update limit in days')),
                ('page', models.CharField(blank=True, choices=[('court:profile', 'Court profile'), ('court:leaders', 'Leaders of the court'), ('court:departments', 'Departments'), ('court:judges', 'Judges'), ('court:contact', 'Contact'), ('honors:wall', 'Honour wall'), ('data:index', 'Judicial data')], default='', help_text='A page that the portal makes by itself, in place of the list of articles.', max_length=20, verbose_name='leads to')),
                ('home_block', models.CharField(choices=[('none', 'Not on the home page'), ('notices', 'Notices, as dated lines'), ('pictures', 'Picture news'), ('list', 'Headlines')], default='none', max_length=8, verbose_name='on the home page')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Smaller numbers come first.', verbose_name='position')),
                ('parent', models.ForeignKey(blank=True, help_text='Leave empty for a column of the main navigation.', limit_choices_to={'parent': None}, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='news.column', verbose_name='parent column')),
            ],
            options={
                'verbose_name': 'column',
                'verbose_name_plural': 'columns',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Article',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('unreleased', 'Unreleased'), ('live', 'Live'), ('withdrawn', 'Withdrawn'), ('expired', 'Expired'), ('archived', 'Archived')], default='unreleased', editable=False, max_length=12, verbose_name='state')),
                ('published_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='published')),
                ('published_on', models.DateField(blank=True, editable=False, null=True, verbose_name='published on')),
                ('released_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='updated')),
                ('withdrawn_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='withdrawn')),
                ('notice', models.CharField(blank=True, default='', editable=False, max_length=300, verbose_name='public reason')),
                ('working_title', models.CharField(blank=True, default='', editable=False, max_length=200, verbose_name='title')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('expires_at', models.DateTimeField(blank=True, help_text='For notices: after this time readers see only that the notice has expired.', null=True, verbose_name='expires')),
                ('kicker', models.CharField(blank=True, help_text='A line above the title, if any.', max_length=100, verbose_name='kicker')),
                ('title', models.CharField(blank=True, help_text='What the text says, in up to 30 characters if you can.', max_length=120, verbose_name='title')),
                ('subtitle', models.CharField(blank=True, help_text='A line below the title, if any.', max_length=150, verbose_name='subtitle')),
                ('summary', models.TextField(blank=True, help_text='Two sentences, shown in lists and on the home page, and to search engines.', max_length=300, verbose_name='summary')),
                ('body', models.TextField(blank=True, verbose_name='text')),
                ('source', models.CharField(blank=True, help_text='Who published this first: this court, or the medium it is taken from.', max_length=80, verbose_name='source')),
                ('source_url', models.URLField(blank=True, help_text='For a reprint: where the original stands.', max_length=500, verbose_name='original address')),
                ('author', models.CharField(blank=True, max_length=80, verbose_name='author')),
                ('responsible_editor', models.CharField(blank=True, help_text='Shown below the text. Empty: the name of the last editor is not shown.', max_length=40, verbose_name='responsible editor')),
                ('keywords', models.CharField(blank=True, help_text='Separated by commas.', max_length=100, verbose_name='keywords')),
                ('language', models.CharField(choices=[('zh-hans', 'Chinese'), ('en', 'English')], default='zh-hans', max_length=7, verbose_name='language')),
                ('pinned', models.BooleanField(default=False, editable=False, help_text='Stands on top of its column.', verbose_name='pinned')),
                ('featured', models.BooleanField(default=False, editable=False, help_text='May lead the home page.', verbose_name='featured')),
                ('column', models.ForeignKey(blank=True, db_index=False, help_text='Where readers find the text; it also decides the number of reviews.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='articles', to='news.column', verbose_name='column')),
                ('section', models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='section_articles', to='news.column', verbose_name='section')),
                ('working_column', models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='news.column', verbose_name='column')),
            ],
            options={
                'verbose_name': 'article',
                'verbose_name_plural': 'articles',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TopicEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='news.article', verbose_name='article')),
                ('topic', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='news.topic')),
            ],
            options={
                'verbose_name': 'article in the topic',
                'verbose_name_plural': 'articles in the topic',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='topic',
            name='articles',
            field=models.ManyToManyField(related_name='topics', through='news.TopicEntry', to='news.article', verbose_name='articles'),
        ),
        migrations.AddConstraint(
            model_name='column',
            constraint=models.CheckConstraint(condition=models.Q(('review_steps__range', (1, 3))), name='news_column_steps'),
        ),
        migrations.AddConstraint(
            model_name='column',
            constraint=models.CheckConstraint(condition=models.Q(('parent', models.F('id')), _negated=True), name='news_column_not_own_parent'),
        ),
        migrations.AddConstraint(
            model_name='column',
            constraint=models.CheckConstraint(condition=models.Q(('home_block__in', ('none', 'notices', 'pictures', 'list'))), name='news_column_home_block_known'),
        ),
        migrations.AddConstraint(
            model_name='column',
            constraint=models.CheckConstraint(condition=models.Q(('page__in', ['', 'court:profile', 'court:leaders', 'court:departments', 'court:judges', 'court:contact', 'honors:wall', 'data:index'])), name='news_column_page_known'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('released_at__isnull', False)), fields=['state', '-published_at', '-id'], name='news_article_by_date'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(fields=['column', 'state', '-published_at', '-id'], name='news_article_by_column'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(fields=['section', 'state', '-published_at', '-id'], name='news_article_by_section'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['state', 'expires_at'], name='news_article_by_expiry'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('withdrawn_at__isnull', False)), fields=['state', '-withdrawn_at'], name='news_article_by_withdrawal'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('featured', True)), fields=['state', '-published_at', '-id'], name='news_article_featured'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('pinned', True)), fields=['column', 'state', '-published_at', '-id'], name='news_article_pinned'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('pinned', True)), fields=['section', 'state', '-published_at', '-id'], name='news_article_pinned_in_section'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('language', 'en')), fields=['state', '-published_at', '-id'], name='news_article_english'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('language', 'en')), fields=['column', 'state', '-published_at', '-id'], name='news_article_english_in_column'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('language', 'en')), fields=['section', 'state', '-published_at', '-id'], name='news_article_english_below'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(fields=['-created_at', '-id'], name='news_article_newest_work'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(django.db.models.functions.text.Lower('state'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='news_article_work_by_state'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(fields=['working_column', '-created_at', '-id'], name='news_article_work_by_column'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(models.F('working_column'), django.db.models.functions.text.Lower('state'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='news_article_work_by_both'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('pinned', True)), fields=['-created_at', '-id'], name='news_article_work_pinned'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(condition=models.Q(('featured', True)), fields=['-created_at', '-id'], name='news_article_work_featured'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['unreleased', 'live', 'withdrawn', 'expired', 'archived'])), name='news_article_state_known'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'unreleased'), ('state', 'archived'), models.Q(('published_at__isnull', False), ('published_on__isnull', False)), _connector='OR'), name='news_article_public_has_date'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'live'), _negated=True), models.Q(models.Q(('title', ''), _negated=True), models.Q(('body', ''), _negated=True), models.Q(('source', ''), _negated=True), ('column__isnull', False), ('section__isnull', False)), _connector='OR'), name='news_article_public_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='topicentry',
            constraint=models.UniqueConstraint(models.F('topic'), models.F('article'), name='news_topic_entry_once'),
        ),
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]
