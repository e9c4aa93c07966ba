"""Models of letters to the court, their settings and their counters. No row is public."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User

from .querysets import LetterQuerySet
from .states import OPEN, Kind, State

#: Base of the sort keys of settled letters. The list in ascending order begins with the open
#: letters; the settled letters follow, the newest first.
_SETTLED_BASE = 10_000_000


class Letter(models.Model):
    """A letter to the court and its answer. Only ``actions`` write rows.

    The text of the letter never changes. The sender's name and contact data are erased some time
    after the letter is settled, that is answered or closed (``cleanup``). Triggers refuse every
    other change (``guards``).
    """

    receipt = models.CharField(_("receipt number"), max_length=23, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    page = models.CharField(_("page of this site"), max_length=500, blank=True)
    text = models.TextField(_("text"))
    name = models.CharField(_("sender's name"), max_length=50, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    received_at = models.DateTimeField(_("received"))
    due_on = models.DateField(_("answer due"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.NEW)
    taken_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("in the hands of")
    )
    #: The draft of the answer until the letter is answered; then the answer.
    answer = models.TextField(_("answer"), blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    finished_at = models.DateTimeField(_("settled"), null=True)
    finished_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("settled by")
    )
    #: Number of changes; an action on an outdated version is refused (optimistic lock).
    version = models.PositiveIntegerField(default=0)
    #: SHA-256 digest (hex) of the form's token; unique, so that a form creates at most one letter.
    token_digest = models.CharField(max_length=64, unique=True)
    #: Key of the order of the admin's list: open letters by due date, then settled letters; see
    #: the function ``sort_key``.
    sort_key = models.PositiveIntegerField()

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["sort_key", "id"]
        indexes = [
            models.Index("sort_key", "id", name="letters_by_sort_key"),
            models.Index("state", "sort_key", "id", name="letters_by_state"),
            models.Index("kind", "sort_key", "id", name="letters_by_kind"),
        ]
        constraints = [
            models.CheckConstraint(name="letters_kind_is_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(name="letters_say_something", condition=~Q(text="")),
            models.CheckConstraint(
                name="letters_page_is_of_this_site",
                condition=Q(page="") | (Q(page__startswith="/") & ~Q(page__startswith="//")),
            ),
            models.CheckConstraint(
                name="letters_taken_by_somebody",
                condition=Q(state=State.NEW, taken_by=None)
                | (~Q(state=State.NEW) & Q(taken_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="letters_settled_whole",
                condition=Q(
                    state__in=[State.NEW, State.IN_HAND], finished_at=None, finished_by=None
                )
                | (
                    Q(finished_at__isnull=False, finished_by__isnull=False)
                    & (
                        (Q(state=State.ANSWERED) & ~Q(answer=""))
                        | (Q(state=State.CLOSED) & ~Q(reason=""))
                    )
                ),
            ),
        ]

    def __str__(self) -> str:
        """Return a label for the audit log, which must not contain text or receipt number."""
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_on < timezone.localdate()

    def has_same_content(self, written: dict[str, str]) -> bool:
        """Return whether the given fields, {name: value}, equal those of this letter."""
        return all(getattr(self, name) == value for name, value in written.items())


def sort_key(state: str, due_on: date, finished_at: datetime | None) -> int:
    """Return the value of ``Letter.sort_key`` for a letter with the given values."""
    if state in OPEN or finished_at is None:
        return due_on.toordinal()
    return _SETTLED_BASE - timezone.localdate(finished_at).toordinal()


def _day_validators(maximum: int) -> list[Any]:
    return [MinValueValidator(1), MaxValueValidator(maximum)]


class LetterSettings(models.Model):
    """Settings of letters in a single row: when answers are due and contact data are erased."""

    id = models.BigIntegerField(primary_key=True, default=1, editable=False)
    letter_days = models.PositiveSmallIntegerField(
        _("days for a letter"),
        default=15,
        validators=_day_validators(365),
        help_text=_("So many days after it came, a letter is due. The sender is told the date."),
    )
    error_days = models.PositiveSmallIntegerField(
        _("working days for an error on this site"),
        default=5,
        validators=_day_validators(60),
        help_text=_("Monday to Friday; public holidays are not known here."),
    )
    contact_days = models.PositiveSmallIntegerField(
        _("days until contact data are erased"),
        default=180,
        validators=_day_validators(3650),
        help_text=_(
            "So many days after a letter was settled, its name, telephone and e-mail are erased. "
            "The form tells people so."
        ),
    )

    class Meta:
        verbose_name = _("limits for letters")
        verbose_name_plural = _("limits for letters")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="letters_settings_are_one_row"),
            models.CheckConstraint(
                name="letters_limits_are_days",
                condition=Q(letter_days__gte=1, error_days__gte=1, contact_days__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return str(_("limits for letters"))

    @classmethod
    def load(cls) -> LetterSettings:
        """Return the settings, or unsaved default values if there is no row; one query."""
        return cls.objects.filter(pk=1).first() or cls()

    def due_on(self, kind: str, received: date) -> date:
        """Return the date on which the answer is due.

        The limit for errors on the site is counted in working days (Monday to Friday), the limit
        for other letters in calendar days.
        """
        if kind != Kind.ERROR:
            return received + timedelta(days=self.letter_days)
        due = received
        for _day in range(self.error_days):
            # Add the days to the next working day: 3 from Friday (4), 2 from Saturday (5).
            due += timedelta(days={4: 3, 5: 2}.get(due.weekday(), 1))
        return due


class Attempt(models.Model):
    """Counter of attempts in a time span (``limits``). Its key does not reveal an IP address."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.until}"
