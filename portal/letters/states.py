"""Kinds and states of letters."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    ERROR = "error", _("Error on this site")
    QUESTION = "question", _("Question")
    SUGGESTION = "suggestion", _("Suggestion")
    COMPLAINT = "complaint", _("Complaint")


class State(models.TextChoices):
    NEW = "new", _("received")
    IN_HAND = "in_hand", _("in hand")
    ANSWERED = "answered", _("answer given")
    CLOSED = "closed", _("closed without an answer")


OPEN = frozenset({State.NEW, State.IN_HAND})
SETTLED = frozenset({State.ANSWERED, State.CLOSED})
