"""A change of a library file that many released texts show: reviewed once, released together."""

from __future__ import annotations

import hashlib
from typing import Any, cast

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.library.models import Attachment, Image, MediaFile

from .states import OPEN, ChangeKind


class MediaProposal(models.Model):
    """The proposal to show the present description of a file in all texts that show a former one.

    Each text has a revision of its own, which belongs to the proposal (``Revision.proposal``) until
    it is recalled. Only the functions of ``actions.proposing`` create proposals, change their state
    and take the actions of ``rules.JOINT_ACTIONS`` on their revisions.
    """

    class State(models.TextChoices):
        """Whether the revisions of a proposal are still open, or how the proposal ended."""

        OPEN = "open", _("In review")
        RETURNED = "returned", _("Returned")
        RELEASED = "released", _("Released")
        CANCELLED = "cancelled", _("Cancelled")

    image = models.ForeignKey(
        Image, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    attachment = models.ForeignKey(
        Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    change_kind = models.CharField(_("kind of change"), max_length=13, choices=ChangeKind)
    public_note = models.CharField(_("public note"), max_length=300)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    #: What is to be changed, if a reviewer returned the proposal.
    comment = models.CharField(_("comment"), max_length=2000, blank=True, default="")

    class Meta:
        verbose_name = _("joint change")
        verbose_name_plural = _("joint changes")
        constraints = [
            models.CheckConstraint(
                condition=Q(image__isnull=False, attachment__isnull=True)
                | Q(image__isnull=True, attachment__isnull=False),
                name="publishing_proposal_of_one_file",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("open", "returned", "released", "cancelled")),
                name="publishing_proposal_state_known",
            ),
            models.UniqueConstraint(
                fields=["image"], condition=Q(state="open"), name="publishing_one_open_proposal"
            ),
            models.UniqueConstraint(
                fields=["attachment"],
                condition=Q(state="open"),
                name="publishing_one_open_file_proposal",
            ),
        ]

    def __str__(self) -> str:
        return str(self.media_file)

    @property
    def media_file(self) -> MediaFile:
        """The image or attachment whose description changed."""
        return cast(MediaFile, self.image or self.attachment)

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    def get_admin_url(self) -> str:
        """Return the URL of the admin page on which the proposal is reviewed and released."""
        return reverse("proposals:proposal", args=[self.pk])

    def open_revisions(self) -> list[Any]:
        """Return the open revisions of the proposal, in the order in which actions lock them."""
        rows: Any = self.revisions
        return list(rows.filter(state__in=OPEN).order_by("content_type", "object_id"))

    def digest(self) -> str:
        """Return the digest of all texts that wait for a review or the release."""
        digests = [revision.digest for revision in self.open_revisions()]
        return hashlib.sha256(" ".join(digests).encode()).hexdigest()
