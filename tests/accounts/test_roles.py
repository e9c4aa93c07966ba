from itertools import combinations

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from portal.accounts.actions import set_roles
from portal.accounts.groups import ensure_roles
from portal.accounts.models import User
from portal.accounts.roles import SEPARATE_DUTIES, Role
from portal.accounts.rules import has_any_role
from portal.audit.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def wang() -> User:
    return User.objects.create_user("wang", "Correct-horse-9", full_name="王某")


@pytest.fixture
def officer() -> User:
    officer = User.objects.create_user("officer", "Correct-horse-9", full_name="安全员")
    set_roles(user=officer, roles=[Role.SECURITY])
    return officer


def group(role: Role) -> Group:
    return Group.objects.get(name=role.value)


def test_there_is_exactly_one_group_for_each_role():
    assert sorted(Group.objects.values_list("name", flat=True)) == sorted(Role.values)
    ensure_roles(Group)
    assert Group.objects.count() == 9


@pytest.mark.django_db(transaction=True)
def test_groups_can_be_deleted():
    Group.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_groups_are_created_again_after_a_flush():
    assert Group.objects.count() == 9


def test_set_roles_logs_the_change_and_updates_the_instance(wang, officer):
    assert wang.roles == frozenset()
    set_roles(user=wang, roles=[Role.EDITOR, Role.PUBLISHER], by=officer)
    assert wang.roles == {Role.EDITOR, Role.PUBLISHER}
    set_roles(user=wang, roles=[Role.EDITOR, Role.HONORS], by=officer)
    assert User.objects.get(pk=wang.pk).roles == wang.roles == {Role.EDITOR, Role.HONORS}
    entry = Entry.objects.filter(action="account.roles").latest("id")
    assert (entry.actor_label, entry.object_label) == ("安全员", "王某")
    assert entry.details == {"given": ["荣誉管理"], "taken": ["发布"]}


def test_setting_the_same_roles_logs_nothing(wang, officer):
    set_roles(user=wang, roles=[Role.EDITOR], by=officer)
    before = Entry.objects.count()
    set_roles(user=wang, roles=[Role.EDITOR], by=officer)
    assert Entry.objects.count() == before


def test_has_role_accepts_any_role_of_an_active_account(wang):
    set_roles(user=wang, roles=[Role.EDITOR])
    assert wang.has_role(Role.EDITOR)
    assert wang.has_role(Role.PUBLISHER, Role.EDITOR)
    assert not wang.has_role(Role.PUBLISHER)
    assert not wang.has_role()
    wang.is_active = False
    assert not wang.has_role(Role.EDITOR)


def test_superusers_and_anonymous_users_have_no_role():
    superuser = User.objects.create_superuser("root", "Correct-horse-9", full_name="机房")
    assert superuser.is_staff
    assert not has_any_role(superuser, Role)
    assert not has_any_role(AnonymousUser(), Role)


@pytest.mark.parametrize("pair", list(combinations(sorted(SEPARATE_DUTIES), 2)))
def test_separate_duties_are_refused_however_groups_are_assigned(wang, pair):
    first, second = pair
    with pytest.raises(ValidationError):
        set_roles(user=wang, roles=pair)
    wang.groups.add(group(first))
    with pytest.raises(ValidationError), transaction.atomic():
        wang.groups.add(group(second))
    with pytest.raises(ValidationError), transaction.atomic():
        wang.groups.set([group(first), group(second)])
    with pytest.raises(ValidationError), transaction.atomic():
        group(second).user_set.add(wang)
    assert User.objects.get(pk=wang.pk).roles == {first}
    wang.groups.set([group(second)])
    assert wang.roles == {second}


def test_users_cannot_change_their_own_roles(officer):
    with pytest.raises(ValidationError):
        set_roles(user=officer, roles=[], by=officer)
    assert User.objects.get(pk=officer.pk).roles == {Role.SECURITY}


def test_user_names_are_unique_regardless_of_case(wang):
    with pytest.raises(IntegrityError):
        User.objects.create_user("WANG", "Correct-horse-9")


def test_str_is_the_full_name_or_the_user_name(wang):
    assert str(wang) == "王某"
    assert str(User(username="li")) == "li"
