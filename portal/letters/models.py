"""Letters to the court: what people wrote, and what became of it. Nothing here is public."""

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

#: Settled letters stand behind all that wait (``Letter.sort_key``), the newest of them first.
_SETTLED_PLACE = 10_000_000


class Letter(models.Model):
    """What somebody wrote to the court, and the answer. ``actions`` alone write it.

    What the citizen wrote never changes; his name and contact are erased in time (``upkeep``).
    The database refuses everything else (``guards``).
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
    #: A draft until the letter is answered.
    answer = models.TextField(_("answer"), blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    finished_at = models.DateTimeField(_("settled"), null=True)
    finished_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("settled by")
    )
    #: Goes up with each change: of two people who write at once, the second is told.
    version = models.PositiveIntegerField(default=0)
    #: Of the form it came with, which counts once.
    token_digest = models.CharField(max_length=64, unique=True)
    #: Where it stands in the desk's list: what waits by its due day, then what is settled.
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
        """For the log and the desk: neither a word of the letter nor its number, which is the
        key to the answer."""
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_on < timezone.localdate()

    def says(self, written: dict[str, str]) -> bool:
        """Whether it is this very letter."""
        return all(getattr(self, name) == value for name, value in written.items())


def sort_key(state: str, due_on: date, finished_at: datetime | None) -> int:
    """What ``Letter.sort_key`` is for such a letter."""
    if state in OPEN or finished_at is None:
        return due_on.toordinal()
    return _SETTLED_PLACE - timezone.localdate(finished_at).toordinal()


def _days(most: int) -> list[Any]:
    return [MinValueValidator(1), MaxValueValidator(most)]


class LetterSettings(models.Model):
    """The one row that says how soon letters are answered, and how long contact data are kept."""

    id = models.BigIntegerField(primary_key=True, default=1, editable=False)
    letter_days = models.PositiveSmallIntegerField(
        _("days for a letter"),
        default=15,
        validators=_days(365),
        help_text=_("So many days after it came, a letter is due. The sender is told the date."),
    )
    error_days = models.PositiveSmallIntegerField(
        _("working days for an error on this site"),
        default=5,
        validators=_days(60),
        help_text=_("Monday to Friday; public holidays are not known here."),
    )
    contact_days = models.PositiveSmallIntegerField(
        _("days until contact data are erased"),
        default=180,
        validators=_days(3650),
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
        """Return the limits, as shipped where nobody has set any. One query."""
        return cls.objects.filter(pk=1).first() or cls()

    def due_on(self, kind: str, received: date) -> date:
        if kind != Kind.ERROR:
            return received + timedelta(days=self.letter_days)
        due = received
        for _day in range(self.error_days):
            due += timedelta(days={4: 3, 5: 2}.get(due.weekday(), 1))  # to the next working day
        return due


class Attempt(models.Model):
    """How often something was tried in a span of time (``limits``). Tells nobody's address."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.until}"
