"""Who may do what in the library. Every page and every endpoint of it asks here."""

from django.contrib.auth.models import AnonymousUser

from portal.accounts.models import User
from portal.accounts.roles import NEWSROOM, Role
from portal.accounts.rules import has_any_role

VIEWERS = NEWSROOM | {Role.HONORS, Role.AUDITOR}
EDITORS = frozenset({Role.EDITOR, Role.PUBLISHER, Role.HONORS})


def may_view(user: User | AnonymousUser) -> bool:
    """Look at everything in the library, also at what the public does not see."""
    return _is_staff(user) and has_any_role(user, VIEWERS)


def may_upload(user: User | AnonymousUser) -> bool:
    """Add to the library, and describe what is in it."""
    return _is_staff(user) and has_any_role(user, EDITORS)


def _is_staff(user: User | AnonymousUser) -> bool:
    return user.is_active and user.is_staff
