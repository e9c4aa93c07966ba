"""The tables of the publishing workflow.

The columns of a publishable object contain its public content. Unreleased content is stored as JSON
in ``Revision`` rows. Only the functions of ``actions`` may change a state.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.roles import REVIEWERS, Role

from . import attached
from . import content as contents
from .attached import AttachedFile, AttachedPicture, Reference
from .bookkeeping import DueFailure, Lease, ListCount
from .media_proposals import MediaProposal
from .parsed_content import ParsedContent
from .publishable_type import PublishableType
from .querysets import PublishableQuerySet, RevisionQuerySet
from .review_records import Contribution, Review, Snapshot
from .states import EDITABLE, OPEN, ChangeKind, RevisionState, State, Verdict

__all__ = [
    "AttachedFile",
    "AttachedPicture",
    "Contribution",
    "DueFailure",
    "Expiring",
    "Lease",
    "ListCount",
    "MediaProposal",
    "Publishable",
    "Reference",
    "Review",
    "Revision",
    "SingleReview",
    "Snapshot",
]


class Publishable(PublishableType):
    """An object whose content becomes public only through the publishing workflow.

    A subclass lists its ``content_fields``, which are empty until the first release, and overrides
    the hooks of ``PublishableType``. Only the functions of ``publishing.actions`` may change
    ``state`` and the columns that depend on it. ``published_at`` is set at the first publication; a
    database trigger refuses to change it (G19 V1).
    """

    state = models.CharField(
        _("state"), max_length=12, choices=State, default=State.UNRELEASED, editable=False
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)
    published_on = models.DateField(_("published on"), null=True, blank=True, editable=False)
    released_at = models.DateTimeField(_("updated"), null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)
    notice = models.CharField(
        _("public reason"), max_length=300, blank=True, editable=False, default=""
    )
    working_title = models.CharField(
        _("title"), max_length=200, blank=True, editable=False, default=""
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    revisions = GenericRelation("publishing.Revision", related_query_name="%(class)s")
    picture_rows = GenericRelation("publishing.AttachedPicture")
    file_rows = GenericRelation("publishing.AttachedFile")

    objects = PublishableQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_state_known",
                condition=Q(state__in=State.values),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_public_has_date",
                condition=Q(state=State.UNRELEASED)
                | Q(state=State.ARCHIVED)
                | Q(published_at__isnull=False, published_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.working_title or str(_("(untitled)"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._attached is not None:
            raise TypeError("A revision's content in memory can't be saved; release the revision.")
        super().save(*args, **kwargs)

    # Attributes and methods for public pages

    #: The attached rows of an instance that shows a revision's content (``Revision.as_object``);
    #: None for an instance that was read from the database.
    _attached: dict[str, list] | None = None
    #: The revision whose content the instance shows, or None.
    _revision: Revision | None = None

    def get_absolute_url(self) -> str:
        raise NotImplementedError(f"{type(self).__name__} has no public address")

    @property
    def is_public(self) -> bool:
        return self.state == State.LIVE

    @property
    def is_public_text(self) -> bool:
        """Whether the instance shows the text that is public now, not a preview of a draft."""
        return self.is_public and (
            self._revision is None or self._revision.state == RevisionState.RELEASED
        )

    @cached_property
    def pictures(self) -> list[AttachedPicture]:
        if self._attached is not None:
            return self._attached["pictures"]
        return list(self.picture_rows.all())

    @cached_property
    def files(self) -> list[AttachedFile]:
        if self._attached is not None:
            return self._attached["files"]
        return list(self.file_rows.select_related("attachment"))

    def corrections(self) -> models.QuerySet[Revision]:
        """Return the released changes since the first release, newest first."""
        return self.revisions.corrections()

    def review_trail(self) -> list[tuple[str, str]]:
        """Return (stage, reviewer) of each approval of the displayed text, in order.

        The names are those that the reviewers had when they approved the text.
        """
        revision = self._revision or self.live_revision
        if revision is None:
            return []
        return [(review.stage_label, review.reviewer_name) for review in revision.valid_approvals()]

    # The object's revisions

    @property
    def live_revision(self) -> Revision | None:
        """The released revision; it remains the live revision while the object is withdrawn.

        The columns of the object contain its content.
        """
        return self.revisions.filter(state=RevisionState.RELEASED).first()

    @property
    def open_revision(self) -> Revision | None:
        return self.revisions.open().first()

    @property
    def newest_revision(self) -> Revision | None:
        """The open revision, or else the released one, or else the one with the highest number."""
        return (
            self.open_revision or self.live_revision or self.revisions.order_by("-number").first()
        )

    def current_content(self) -> dict[str, Any]:
        """Return the columns and attached rows in the format of a revision's content."""
        references = Reference.objects.from_source(self).order_by("position", "pk")
        return contents.from_instance(
            self,
            pictures=[row.as_content() for row in self.picture_rows.all()],
            files=[row.as_content() for row in self.file_rows.all()],
            references=[row.as_content() for row in references],
        )


class SingleReview(Publishable):
    """An object that needs one review, by any reviewer who did not contribute to it.

    These are honours, the court's profile and its figures.
    """

    class Meta(Publishable.Meta):
        abstract = True

    @property
    def review_steps(self) -> int:
        return 1

    def stage_roles(self, step: int, steps: int) -> frozenset[Role]:
        return REVIEWERS

    @classmethod
    def stage_label(cls, step: int, steps: int) -> str:
        return str(_("Review"))


class Expiring(Publishable):
    """A publishable object that ``portal.publishing.due`` makes private at its time of expiry."""

    expires_at = models.DateTimeField(
        _("expires"),
        null=True,
        blank=True,
        help_text=_("For notices: after this time readers see only that the notice has expired."),
    )

    class Meta(Publishable.Meta):
        abstract = True

    @property
    def is_over(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class Revision(models.Model):
    """One version of an object's content, from draft to release.

    Only the functions of ``publishing.actions`` may change its state. Database triggers
    (``guards``) refuse a change of content during review, and approval without the required
    reviews.
    """

    content_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    object_id = models.PositiveBigIntegerField()
    # Rows of publishable models are never deleted, so the target always exists.
    target: Publishable = GenericForeignKey("content_type", "object_id")  # type: ignore[assignment]
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(
        _("state"), max_length=12, choices=RevisionState, default=RevisionState.DRAFT
    )
    base = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    schema_version = models.PositiveSmallIntegerField(default=1)
    content = models.JSONField(_("content"))
    digest = models.CharField(_("digest"), max_length=64)
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(_("title"), max_length=200, blank=True)
    change_kind = models.CharField(
        _("kind of change"), max_length=13, choices=ChangeKind, blank=True, default=ChangeKind.NONE
    )
    public_note = models.CharField(_("public note"), max_length=300, blank=True, default="")
    #: Set if the revision was converted to a newer schema while it was open; ``submit`` clears it.
    renewed_at = models.DateTimeField(_("renewed"), null=True, blank=True)
    #: The joint change that this revision belongs to, until it is recalled.
    proposal = models.ForeignKey(
        MediaProposal, on_delete=models.PROTECT, null=True, blank=True, related_name="revisions"
    )
    round = models.PositiveSmallIntegerField(default=0)
    steps_required = models.PositiveSmallIntegerField(default=3)
    override_reason = models.CharField(max_length=300, blank=True, default="")
    imported = models.BooleanField(default=False)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    saved_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    contributors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Contribution", related_name="+"
    )

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        constraints = [
            models.UniqueConstraint(
                "content_type", "object_id", "number", name="publishing_revision_number"
            ),
            models.UniqueConstraint(
                "content_type",
                "object_id",
                condition=Q(state__in=OPEN),
                name="publishing_one_open_revision",
            ),
            models.UniqueConstraint(
                "content_type",
                "object_id",
                condition=Q(state=RevisionState.RELEASED),
                name="publishing_one_released_revision",
            ),
            models.CheckConstraint(
                name="publishing_revision_state_known", condition=Q(state__in=RevisionState.values)
            ),
            models.CheckConstraint(
                name="publishing_revision_steps", condition=Q(steps_required__range=(1, 3))
            ),
            models.CheckConstraint(
                name="publishing_scheduled_is_due",
                condition=~Q(state=RevisionState.SCHEDULED) | Q(due_at__isnull=False),
            ),
            models.CheckConstraint(
                name="publishing_released_has_time",
                condition=~Q(state__in=(RevisionState.RELEASED, RevisionState.SUPERSEDED))
                | Q(released_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state=RevisionState.SCHEDULED),
                name="publishing_revision_due",
            ),
            models.Index(
                # The conditions compare with NULL: SQLite would not use the index for conditions
                # with parameters.
                fields=["content_type", "-released_at", "-id"],
                condition=Q(base__isnull=False, released_at__isnull=False),
                name="publishing_corrections",
            ),
            models.Index(fields=["state", "-saved_at"], name="publishing_revision_by_state"),
            models.Index(
                # For queries of open revisions, which repeat this condition. Without the condition,
                # SQLite would also choose this index for the revisions of one object.
                fields=["content_type", "state", "-saved_at"],
                condition=Q(released_at__isnull=True),
                name="publishing_revision_work",
            ),
        ]

    def __str__(self) -> str:
        return _("%(title)s (revision %(number)s)") % {
            "title": self.title or _("(untitled)"),
            "number": self.number,
        }

    @property
    def model(self) -> type[Publishable]:
        model = self.content_type.model_class()
        if model is None or not issubclass(model, Publishable):
            raise TypeError(f"{self.content_type} is not a publishable model")
        return model

    @property
    def key(self) -> str:
        """The id of this version in the admin's URLs."""
        return f"r{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE

    def parse_content(self) -> ParsedContent:
        """Convert the content to the current schema and parse its rich text."""
        return ParsedContent(self.model, contents.upgrade_content(self.model, self.content))

    def as_object(self, content: ParsedContent | None = None) -> Publishable:
        """Return the object as it would be if this revision were live, as an instance in memory.

        The instance can't be saved. ``content`` is the parsed content of this revision, or None if
        the caller has not parsed it.
        """
        data = content.data if content else contents.upgrade_content(self.model, self.content)
        stored = self.target
        instance = self.model()
        for field in self.model._meta.concrete_fields:
            if field.name not in self.model.content_fields:
                setattr(instance, field.attname, getattr(stored, field.attname))
        contents.set_columns(instance, data)
        instance._revision = self
        instance._attached = attached.unsaved_rows(data)
        instance.set_derived_columns()
        return instance

    def digest_of(self, content: ParsedContent) -> str:
        """Return the digest of the content with this revision's kind of change and public note."""
        return content.digest((self.change_kind, self.public_note))

    def has_valid_digest(self) -> bool:
        """Return whether the digest is that of the stored content, by the revision's own schema."""
        stored = ParsedContent(self.model, self.content)
        correction = (self.change_kind, self.public_note)
        return self.digest == stored.digest(correction, self.schema_version)

    # The revision's reviews

    @property
    def state_summary(self) -> str:
        """The label of the state or, in review, of the review step that is due.

        Prefetch ``reviews`` for lists of revisions.
        """
        if self.state != RevisionState.IN_REVIEW:
            return str(self.get_state_display())
        given = sum(
            review.verdict == Verdict.APPROVE and review.round == self.round
            for review in self.reviews.all()
        )
        stage = self.model.stage_label(given + 1, self.steps_required)
        return gettext("Awaits: %(stage)s") % {"stage": stage}

    def valid_approvals(self) -> models.QuerySet[Review]:
        """Return the approvals in this round that are for the current digest, in order."""
        return self.reviews.filter(
            verdict=Verdict.APPROVE, round=self.round, digest=self.digest
        ).order_by("step")

    def next_step(self) -> int | None:
        """Return the number of the review step that is due (from 1), or None if not in review."""
        if self.state != RevisionState.IN_REVIEW:
            return None
        return self.valid_approvals().count() + 1
