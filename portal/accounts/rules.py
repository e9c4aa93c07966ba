"""Rules about roles: which user has a role, and which roles an account may be assigned."""

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.roles import SEPARATE_DUTIES, Role


def has_any_role(user: User | AnonymousUser, roles: Iterable[Role]) -> bool:
    """Return whether the user has any of the roles; an anonymous user has none."""
    return isinstance(user, User) and user.has_role(*roles)


def current_user(request: HttpRequest) -> User:
    """Return the signed-in user. Raises PermissionDenied if the user is anonymous."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def refuse_conflicting(roles: Iterable[Role]) -> None:
    """Raise ValidationError if the roles include two that no user may combine (standard S2)."""
    conflict = [role for role in Role if role in SEPARATE_DUTIES.intersection(roles)]
    if len(conflict) > 1:
        names = _(", ").join(str(role.label) for role in conflict)
        raise ValidationError(
            _("%(roles)s are separate duties. Give them to different people.") % {"roles": names},
            code="separate_duties",
        )


def refuse_own_roles(*, user: User, by: User | None) -> None:
    """Raise ValidationError if ``by`` would change their own roles; None is the command line."""
    if by is not None and by.pk == user.pk:
        raise ValidationError(
            _("Nobody changes his own roles. Ask another security officer to do it."),
            code="own_roles",
        )
