"""The press's tables.

A publishable row's content columns *are* what the public sees. Work in progress lives in
``Revision`` rows, as JSON. Only the functions of ``actions`` change a state.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.roles import NEWSROOM, REVIEWERS, Role

from . import attached
from . import content as contents
from .attached import AttachedFile, AttachedPicture, Reference
from .bookkeeping import CountChunk, DueFailure, Lease, ListCount
from .check_results import CheckResult
from .querysets import PublishableQuerySet, RevisionQuerySet
from .search_document import Kind, SearchDocument
from .states import EDITABLE, OPEN, ChangeKind, RevisionState, State, Verdict

__all__ = [
    "AttachedFile",
    "AttachedPicture",
    "Contribution",
    "CountChunk",
    "DueFailure",
    "Expiring",
    "Lease",
    "ListCount",
    "Publishable",
    "Reference",
    "Review",
    "Revision",
    "SingleReview",
    "Snapshot",
]


class Publishable(models.Model):
    """Something that reaches the public by the press alone.

    A subclass names its ``content_fields`` (each may be empty: nothing is in them until the first
    release) and ``desk_title``. Only ``publishing.actions`` may change ``state`` and what hangs on
    it; ``published_at`` is set once and the database refuses a second value (G19 V1).
    """

    #: The columns that a revision carries.
    content_fields: ClassVar[tuple[str, ...]] = ()
    #: The content field that names the object at the desk.
    title_field: ClassVar[str] = "title"
    #: Raise it when the meaning of a content field changes; see ``content.upgrade_content``.
    schema_version: ClassVar[int] = 1
    #: The columns in which a search for a public object looks.
    public_search_fields: ClassVar[tuple[str, ...]] = ("title",)
    #: Whether texts may quote it (``quoted_text``), and hear of it when it says something else.
    is_quotable: ClassVar[bool] = False
    #: Who writes this type.
    writer_roles: ClassVar[frozenset[Role]] = frozenset({Role.EDITOR})
    #: Who may look at its work in progress.
    reader_roles: ClassVar[frozenset[Role]] = NEWSROOM | {Role.AUDITOR}

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
            raise TypeError("This is a revision's content in memory; only the press writes it.")
        super().save(*args, **kwargs)

    # --- what readers see -----------------------------------------------------------------------

    #: Set on an instance that shows a revision's content instead of the stored rows.
    _attached: dict[str, list] | None = None
    #: That revision.
    _revision: Revision | None = None

    def get_absolute_url(self) -> str:
        raise NotImplementedError(f"{type(self).__name__} has no public address")

    @property
    def is_public(self) -> bool:
        return self.state == State.LIVE

    @property
    def link_title(self) -> str:
        """What a link from another page calls it."""
        return str(self)

    @property
    def display_date(self) -> str:
        """The day that a list of hits shows, where it is not simply the day of the order."""
        return ""

    @property
    def flags(self) -> list[str]:
        """What whoever only sees its name must not miss."""
        return []

    @property
    def quoted_text(self) -> str:
        """The words that another text may take over, where the type is ``quotable``."""
        return ""

    @property
    def is_public_text(self) -> bool:
        """Whether this is what readers see now; a preview of it is of nothing new."""
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
        """Public changes since the first release, newest first."""
        return self.revisions.corrections()

    def review_trail(self) -> list[tuple[str, str]]:
        """(stage, reviewer) for each approval behind the text shown, in order."""
        revision = self._revision or self.live_revision
        if revision is None:
            return []
        return [
            (review.stage_label, review.reviewer.full_name or review.reviewer.username)
            for review in revision.valid_approvals().select_related("reviewer")
        ]

    # --- the newsroom ---------------------------------------------------------------------------

    @property
    def live_revision(self) -> Revision | None:
        """The revision that the public row shows (also while it is withdrawn)."""
        return self.revisions.filter(state=RevisionState.RELEASED).first()

    @property
    def open_revision(self) -> Revision | None:
        return self.revisions.open().first()

    @property
    def newest_revision(self) -> Revision | None:
        """The open one; else the released one; else whatever was put aside last."""
        return (
            self.open_revision or self.live_revision or self.revisions.order_by("-number").first()
        )

    def current_content(self) -> dict[str, Any]:
        """What the public row holds now, in the shape of a revision's content."""
        references = Reference.objects.from_source(self).order_by("position", "pk")
        return contents.from_instance(
            self,
            pictures=[row.as_content() for row in self.picture_rows.all()],
            files=[row.as_content() for row in self.file_rows.all()],
            references=[row.as_content() for row in references],
        )

    # --- what a type says of itself -------------------------------------------------------------

    @property
    def review_steps(self) -> int:
        """How many reviews this content needs, 1 to 3."""
        return 3

    def stage_roles(self, step: int, steps: int) -> frozenset[Role]:
        """Who may give the review ``step`` (from 1) of ``steps``: the last is always 终审."""
        stages = {
            1: (Role.FINAL_REVIEWER,),
            2: (Role.FIRST_REVIEWER, Role.FINAL_REVIEWER),
            3: (Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER),
        }
        return frozenset({stages[steps][step - 1]})

    @classmethod
    def stage_label(cls, step: int, steps: int) -> str:
        """The name of a review step: the last is 终审, whatever the number of steps."""
        if step == steps:
            return str(_("Final review"))
        return str(_("First review") if step == 1 else _("Second review"))

    def set_derived_columns(self) -> None:
        """Set the columns that follow from the content, before a release writes the row."""

    def content_checks(self) -> list[CheckResult]:
        """What this type adds to the gates that every publishable passes."""
        return []

    @property
    def list_date(self) -> date | None:
        """The day by which its public lists are ordered, as ``newest_first`` orders them."""
        return self.published_on

    def search_document(self) -> SearchDocument:
        """The words by which it is found, by readers once it is public, at the desk before."""
        return SearchDocument(Kind.COURT, title=str(self), on=self.published_at)

    def dependents(self) -> list[models.QuerySet]:
        """What readers meet only while this is public, or under words that stand here."""
        return []

    def on_published(self) -> None:
        """What follows inside the room when it has become public, or said something else."""

    def acknowledged(self) -> list[CheckResult]:
        """What its writer has answered in its own text: it blocks nothing, and reviewers see it."""
        return []

    def list_filters(self) -> dict[str, dict[str, Any]]:
        """The public lists that a live row stands in: the key, and what filters the list's rows.

        Their lengths are kept in ``Tally``.
        """
        return {}

    @classmethod
    def title_of(cls, content: dict[str, Any]) -> str:
        """What the desk calls a text with this content."""
        return (content["fields"].get(cls.title_field) or "")[:200]

    def set_working_columns(self, content: dict[str, Any]) -> None:
        """Keep what the desk's lists show and filter by of work in progress."""
        self.working_title = self.title_of(content)


class SingleReview(Publishable):
    """Honours, the court's profile and its figures: one review, by any reviewer but the writer."""

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
    """A publishable that may leave by itself: ``due`` expires it when its time is over."""

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
    """One piece of work on one object, from draft to release.

    Its state is changed by ``publishing.actions`` alone; the database refuses content that changes
    under review, and an approval that its reviews don't carry (``guards``).
    """

    content_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    object_id = models.PositiveBigIntegerField()
    # Its rows are never deleted, so that there is always a target.
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
                # By what is not null: a bound parameter would hide the index from SQLite.
                fields=["content_type", "-released_at", "-id"],
                condition=Q(base__isnull=False, released_at__isnull=False),
                name="publishing_corrections",
            ),
            models.Index(fields=["state", "-saved_at"], name="publishing_revision_by_state"),
            models.Index(
                # Of open work, for those who name the condition: to SQLite it would look good
                # for the revisions of one object, too.
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
            raise TypeError(f"{self.content_type} does not pass the press")
        return model

    @property
    def key(self) -> str:
        """How the desk's addresses name this version."""
        return f"r{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE

    def as_object(self) -> Publishable:
        """The object as it would stand if this revision were live: in memory, never saved."""
        stored = self.target
        instance = self.model()
        for field in self.model._meta.concrete_fields:
            if field.name not in self.model.content_fields:
                setattr(instance, field.attname, getattr(stored, field.attname))
        whole = contents.upgrade_content(self.model, self.content)
        contents.set_columns(instance, whole)
        instance._revision = self
        instance._attached = attached.unsaved_rows(whole)
        instance.set_derived_columns()
        return instance

    def digest_of(self, content: dict[str, Any]) -> str:
        """The digest this revision has with that content; its public note is part of it."""
        return contents.compute_digest(self.model, content, (self.change_kind, self.public_note))

    # --- reviews --------------------------------------------------------------------------------

    @property
    def state_summary(self) -> str:
        """The state in a word; in review, whose step it waits for. For lists: prefetch reviews."""
        if self.state != RevisionState.IN_REVIEW:
            return str(self.get_state_display())
        given = sum(
            review.verdict == Verdict.APPROVE and review.round == self.round
            for review in self.reviews.all()
        )
        stage = self.model.stage_label(given + 1, self.steps_required)
        return gettext("Awaits: %(stage)s") % {"stage": stage}

    def valid_approvals(self) -> models.QuerySet[Review]:
        """The approvals that count: of this round, and of exactly this content."""
        return self.reviews.filter(
            verdict=Verdict.APPROVE, round=self.round, digest=self.digest
        ).order_by("step")

    def next_step(self) -> int | None:
        """The review that is due (from 1), or None where none is."""
        if self.state != RevisionState.IN_REVIEW:
            return None
        return self.valid_approvals().count() + 1


class Contribution(models.Model):
    """Somebody wrote this revision, or the text it was restored from; he may not review it."""

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="contributions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    first_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("revision", "user", name="publishing_one_contribution")
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.revision}"


class Snapshot(models.Model):
    """What one save left behind, so that nothing typed is ever lost.

    An autosave overwrites one's own latest autosave; a deliberate save makes it permanent.
    """

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="snapshots")
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
        """How the desk's addresses name this version."""
        return f"s{self.pk}"


class Review(models.Model):
    """One step of 三审三校: a verdict on exactly one digest. Never changed, never deleted (R1)."""

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="reviews")
    round = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField()
    steps = models.PositiveSmallIntegerField()
    verdict = models.CharField(_("verdict"), max_length=7, choices=Verdict)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
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
