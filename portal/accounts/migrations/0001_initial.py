import django.contrib.auth.validators
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models


#: Names of the groups to create, one for each role.
ROLES = ('编辑', '初审', '复审', '终审', '发布', '荣誉管理', '站点管理', '安全管理', '审计')


def create_roles(apps, schema_editor):
    """Create a group for every role. The reverse migration deletes none: users may belong to them.
    """
    groups = apps.get_model("auth", "Group").objects
    for name in ROLES:
        groups.get_or_create(name=name)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='SignInFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('username', models.CharField(max_length=450, unique=True)),
                ('count', models.PositiveSmallIntegerField(default=0)),
                ('last_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('count__lte', 5)), name='accounts_signin_failures_at_most_five')],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'This user name is taken. Choose another one.'}, help_text='Used to sign in. Letters, digits and @ . + - _ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='user name')),
                ('full_name', models.CharField(help_text='Shown as editor or reviewer below what this person works on.', max_length=100, verbose_name='full name')),
                ('post', models.CharField(blank=True, help_text='For example: Judge, Political Department. Seen by colleagues only.', max_length=100, verbose_name='post')),
                ('is_active', models.BooleanField(default=True, help_text='Clear this when the person leaves. The account stays, as history names it.', verbose_name='account open')),
                ('is_staff', models.BooleanField(default=True, help_text='Without it the person cannot sign in here.', verbose_name='may use the newsroom')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='account made')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'account',
                'verbose_name_plural': 'accounts',
                'ordering': ['username'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('username'), name='accounts_user_name_any_case', violation_error_message='This user name is taken. Choose another one.')],
            },
        ),
        migrations.RunPython(create_roles, migrations.RunPython.noop),
    ]
