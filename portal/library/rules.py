"""Permissions of the library. Every view and every admin of the library uses these functions."""

from django.contrib.auth.models import AnonymousUser

from portal.accounts.models import User
from portal.accounts.roles import NEWSROOM, Role
from portal.accounts.rules import has_any_role

VIEWERS = NEWSROOM | {Role.HONORS, Role.AUDITOR}
EDITORS = frozenset({Role.EDITOR, Role.PUBLISHER, Role.HONORS})
PUBLISHERS = frozenset({Role.PUBLISHER})


def may_view(user: User | AnonymousUser) -> bool:
    """Return whether a user may see all files of the library, also those that are not public."""
    return _is_staff(user) and has_any_role(user, VIEWERS)


def may_upload(user: User | AnonymousUser) -> bool:
    """Return whether a user may add files to the library and edit their descriptions."""
    return _is_staff(user) and has_any_role(user, EDITORS)


def may_withdraw(user: User | AnonymousUser) -> bool:
    """Return whether a user may take a file off the public pages at once, or bring it back."""
    return _is_staff(user) and has_any_role(user, PUBLISHERS)


def _is_staff(user: User | AnonymousUser) -> bool:
    return user.is_active and user.is_staff
