"""The records of a revision: its contributors, the content of each save, and the reviews."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .states import Verdict


class Contribution(models.Model):
    """A user who wrote the revision or the text that it restores, and may not review it."""

    revision = models.ForeignKey(
        "publishing.Revision", on_delete=models.PROTECT, related_name="contributions"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    first_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("revision", "user", name="publishing_one_contribution")
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.revision}"


class Snapshot(models.Model):
    """The content stored by one save, so that no input is lost.

    An autosave overwrites the latest autosave of the same user; a manual save makes it permanent.
    """

    revision = models.ForeignKey(
        "publishing.Revision", on_delete=models.PROTECT, related_name="snapshots"
    )
    version = models.PositiveIntegerField()
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    autosave = models.BooleanField(default=False)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["revision", "version"]
        constraints = [
            models.UniqueConstraint("revision", "version", name="publishing_one_snapshot")
        ]

    def __str__(self) -> str:
        return f"{self.revision} v{self.version}"

    @property
    def key(self) -> str:
        """The id of this version in the admin's URLs."""
        return f"s{self.pk}"


class Review(models.Model):
    """One review (三审三校) of the text with this digest.

    Database triggers refuse to change or delete a review (R1). Public pages show
    ``reviewer_name``, which therefore stays the same if the account is renamed.
    """

    revision = models.ForeignKey(
        "publishing.Revision", on_delete=models.PROTECT, related_name="reviews"
    )
    round = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField()
    steps = models.PositiveSmallIntegerField()
    verdict = models.CharField(_("verdict"), max_length=7, choices=Verdict)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    reviewer_name = models.CharField(
        _("name of the reviewer"), max_length=150, blank=True, default=""
    )
    digest = models.CharField(max_length=64)
    reviewed = models.BooleanField(_("I have reviewed the text"), default=False)
    proofread = models.BooleanField(_("I have proofread the text"), default=False)
    comment = models.TextField(_("comment"), blank=True, max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["revision", "pk"]
        constraints = [
            models.UniqueConstraint(
                "revision",
                "round",
                "reviewer",
                condition=Q(verdict=Verdict.APPROVE),
                name="publishing_one_step_each_person",
            ),
            models.UniqueConstraint(
                "revision",
                "round",
                "step",
                condition=Q(verdict=Verdict.APPROVE),
                name="publishing_each_step_once",
            ),
            models.CheckConstraint(
                name="publishing_approval_confirms_both",
                condition=~Q(verdict=Verdict.APPROVE) | Q(reviewed=True, proofread=True),
            ),
            models.CheckConstraint(
                name="publishing_return_says_why",
                condition=~Q(verdict=Verdict.RETURN) | ~Q(comment=""),
            ),
            models.CheckConstraint(
                name="publishing_review_step_known",
                condition=Q(step__gte=1) & Q(step__lte=F("steps")) & Q(steps__lte=3),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage_label} {self.get_verdict_display()}"

    @property
    def stage_label(self) -> str:
        return self.revision.model.stage_label(self.step, self.steps)
