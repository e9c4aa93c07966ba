"""Models of staff accounts and of failed sign-ins."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from portal.accounts.roles import Role


class UserManager(BaseUserManager["User"]):
    """Manager that creates accounts; ``actions.set_roles`` assigns their roles separately."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        if not username:
            raise ValueError("An account needs a user name.")
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account for system administration, without any role in the workflow."""
        return self.create_user(
            username, password, **{**fields, "is_staff": True, "is_superuser": True}
        )


class User(AbstractBaseUser, PermissionsMixin):
    """An account of a staff member. ``actions.set_roles`` changes its roles.

    Accounts are never deleted, because the history refers to them.
    """

    username = models.CharField(
        _("user name"),
        max_length=150,
        unique=True,
        help_text=_("Used to sign in. Letters, digits and @ . + - _ only."),
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("This user name is taken. Choose another one.")},
    )
    full_name = models.CharField(
        _("full name"),
        max_length=100,
        help_text=_("Shown as editor or reviewer below what this person works on."),
    )
    post = models.CharField(
        _("post"),
        max_length=100,
        blank=True,
        help_text=_("For example: Judge, Political Department. Seen by colleagues only."),
    )
    is_active = models.BooleanField(
        _("account open"),
        default=True,
        help_text=_("Clear this when the person leaves. The account stays, as history names it."),
    )
    is_staff = models.BooleanField(
        _("may use the newsroom"),
        default=True,
        help_text=_("Without it the person cannot sign in here."),
    )
    date_joined = models.DateTimeField(_("account made"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["username"]
        constraints = [
            # User names that differ only in case ("Editor", "editor") count as equal.
            models.UniqueConstraint(
                Lower("username"),
                name="accounts_user_name_any_case",
                violation_error_message=_("This user name is taken. Choose another one."),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The user's roles, cached on the instance until its groups change."""
        groups = self.groups.all() if self.pk else ()
        return frozenset(Role(group.name) for group in groups if group.name in Role.values)

    def forget_roles(self) -> None:
        """Clear the cached roles and the prefetched groups of this instance."""
        self.__dict__.pop("roles", None)
        getattr(self, "_prefetched_objects_cache", {}).pop("groups", None)

    def has_role(self, *roles: Role) -> bool:
        """Return whether the user has any of these roles; a deactivated account has none."""
        return self.is_active and not self.roles.isdisjoint(roles)

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


class SignInFailureQuerySet(models.QuerySet["SignInFailure"]):
    """QuerySet of failed sign-ins, one row for each user name."""

    def locked(self) -> "SignInFailureQuerySet":
        """Return the rows of the user names that are locked at present."""
        return self.filter(count__gte=SignInFailure.MAX_FAILURES, last_at__gt=_lock_start())

    def register_attempt(self, username: str) -> bool:
        """Count an attempt before the password is checked; return False if the user name is locked.

        One conditional update increments the counter before the check, and ``clear_failures``
        resets it after a success. Thus a hundred concurrent guesses get no more than five tries.
        """
        row = self.filter(username=_key(username))
        self.filter(last_at__lte=_lock_start()).delete()
        while not row.filter(count__gte=SignInFailure.MAX_FAILURES).exists():
            now = timezone.now()
            self.bulk_create(
                [self.model(username=_key(username), count=0, last_at=now)], ignore_conflicts=True
            )
            if row.filter(count__lt=SignInFailure.MAX_FAILURES).update(
                count=F("count") + 1, last_at=now
            ):
                return True
            # No row was updated: another sign-in succeeded and deleted the row, or another attempt
            # was the fifth.
        return False

    def clear_failures(self, username: str) -> None:
        """Delete the counter of a user name after a successful sign-in."""
        self.filter(username=_key(username)).delete()


class SignInFailure(models.Model):
    """Counter of failed sign-ins with one user name, which need not belong to an account."""

    MAX_FAILURES = 5
    LOCK_DURATION = timedelta(minutes=10)

    username = models.CharField(max_length=450, unique=True)
    count = models.PositiveSmallIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)

    objects = SignInFailureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(count__lte=5), name="accounts_signin_failures_at_most_five"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.username}: {self.count}"


def _key(username: str) -> str:
    return username.casefold()[:450]


def _lock_start() -> datetime:
    return timezone.now() - SignInFailure.LOCK_DURATION
