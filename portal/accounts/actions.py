"""Actions on accounts.

Each checks its rules, changes the account and logs the change in one transaction.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.db import transaction

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.accounts.rules import refuse_conflicting, refuse_own_roles
from portal.audit.actions import log_event


def set_roles(*, user: User, roles: Iterable[Role], by: User | None = None) -> None:
    """Replace the user's roles; ``by`` is the user who changes them, None for the command line.

    Raises ValidationError if the roles conflict or ``by`` is the user whose roles are changed.
    """
    wanted = frozenset(roles)
    refuse_conflicting(wanted)
    with transaction.atomic():
        # The row lock serialises concurrent changes: otherwise two changes, each valid by itself,
        # could together assign conflicting roles.
        User.objects.select_for_update().get(pk=user.pk)
        user.forget_roles()
        before = user.roles
        if wanted == before:
            return
        refuse_own_roles(user=user, by=by)
        user.groups.remove(*Group.objects.filter(name__in=[role.value for role in before - wanted]))
        user.groups.add(*Group.objects.filter(name__in=[role.value for role in wanted - before]))
        log_event(
            action="account.roles",
            obj=user,
            actor=by,
            actor_label="" if by else "system",
            details={
                "given": sorted(role.value for role in wanted - before),
                "taken": sorted(role.value for role in before - wanted),
            },
        )
