"""Database queries for letters."""

from datetime import date

from django.db import models

from .states import OPEN


class LetterQuerySet(models.QuerySet):
    """QuerySet of letters."""

    def waiting(self) -> "LetterQuerySet":
        """Select the letters that are not settled yet: neither answered nor closed."""
        return self.filter(state__in=sorted(OPEN))

    def overdue(self, today: date) -> "LetterQuerySet":
        return self.waiting().filter(due_on__lt=today)
