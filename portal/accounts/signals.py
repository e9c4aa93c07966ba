"""Receivers that log sign-ins and sign-outs and check the roles whenever groups are assigned."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import connections, transaction
from django.db.models.signals import m2m_changed

from portal.accounts.groups import ensure_roles
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.accounts.rules import refuse_conflicting
from portal.audit.actions import log_event


def connect() -> None:
    """Connect the receivers; called by ``AppConfig.ready``."""
    user_logged_in.connect(_signed_in, dispatch_uid="accounts.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="accounts.signed_out")
    user_login_failed.connect(_sign_in_failed, dispatch_uid="accounts.sign_in_failed")
    m2m_changed.connect(
        _groups_changed, sender=User.groups.through, dispatch_uid="accounts.groups_changed"
    )


def restore_roles(*, using: str, **kwargs: Any) -> None:
    """Create the groups of the roles again after a flush has emptied the table of groups."""
    if Group._meta.db_table in connections[using].introspection.table_names():
        ensure_roles(Group)


def _signed_in(*, user: User, **kwargs: Any) -> None:
    with transaction.atomic():
        log_event(action="account.sign_in", obj=user, actor=user)


def _signed_out(*, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        with transaction.atomic():
            log_event(action="account.sign_out", obj=user, actor=user)


def _sign_in_failed(*, credentials: dict[str, Any], **kwargs: Any) -> None:
    with transaction.atomic():
        log_event(
            action="account.sign_in",
            actor_label=str(credentials.get("username", "")),
            result="failed",
        )


def _groups_changed(
    *, instance: User | Group, action: str, reverse: bool, pk_set: set[int] | None, **kwargs: Any
) -> None:
    """Refuse conflicting roles for every way to assign groups, and clear the cached roles."""
    if action == "pre_add":
        user_ids, group_ids = ([instance.pk], pk_set) if not reverse else (pk_set, [instance.pk])
        added = list(Group.objects.filter(pk__in=group_ids or ()))
        # The row lock serialises concurrent changes: otherwise two changes, each valid by itself,
        # could together assign conflicting roles.
        for user in User.objects.select_for_update().filter(pk__in=user_ids or ()).order_by("pk"):
            refuse_conflicting(_roles([*user.groups.all(), *added]))
    elif action.startswith("post_") and isinstance(instance, User):
        instance.forget_roles()


def _roles(groups: Iterable[Group]) -> set[Role]:
    return {Role(group.name) for group in groups if group.name in Role.values}
