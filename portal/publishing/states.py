"""The states of the workflow, and named groups of states."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """The public state of an object: whether readers can see it."""

    UNRELEASED = "unreleased", _("Unreleased")
    LIVE = "live", _("Live")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")
    ARCHIVED = "archived", _("Archived")


class RevisionState(models.TextChoices):
    """The editorial state of a revision, from draft to release."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    RETURNED = "returned", _("Returned")
    APPROVED = "approved", _("Approved")
    SCHEDULED = "scheduled", _("Scheduled")
    RELEASED = "released", _("Released")
    SUPERSEDED = "superseded", _("Superseded")
    DISCARDED = "discarded", _("Discarded")


OPEN = (
    RevisionState.DRAFT,
    RevisionState.IN_REVIEW,
    RevisionState.RETURNED,
    RevisionState.APPROVED,
    RevisionState.SCHEDULED,
)
EDITABLE = (RevisionState.DRAFT, RevisionState.RETURNED)
RECALLABLE = (RevisionState.IN_REVIEW, RevisionState.APPROVED, RevisionState.SCHEDULED)


class ChangeKind(models.TextChoices):
    """The kind of a change to a released text; public pages list corrections of both kinds."""

    NONE = "", _("First release")
    SUBSTANCE = "substance", _("Correction of substance")
    TYPOGRAPHICAL = "typographical", _("Typographical correction")


class Verdict(models.TextChoices):
    """The results of a review."""

    APPROVE = "approve", _("Approved")
    RETURN = "return", _("Returned")
