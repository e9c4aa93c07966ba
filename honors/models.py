"""The honours ledger: honours of the court, its departments and its people; imported sheets."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.roles import NEWSROOM, Role
from portal.interchange.cell_text import clean
from portal.publishing import list_counts
from portal.publishing.check_results import CheckResult, missing_field
from portal.publishing.content import canonical, column, display_value
from portal.publishing.fields import RowsField
from portal.publishing.models import AttachedPicture, SingleReview
from portal.publishing.search_document import Kind, SearchDocument
from portal.source_values.dates import SourceDate
from portal.source_values.fields import SourceDateField
from portal.web.languages import Bilingual

from .fields import Level, LevelsField
from .querysets import HonorQuerySet
from .recipients import RecipientRow, recipient_label


class Honor(Bilingual, SingleReview):
    """An honour as its source prints it, which honours staff enter into the ledger.

    Only the functions in ``publishing.actions`` change its state.
    """

    content_fields = (
        "name",
        "kind",
        "levels",
        "system",
        "awarding_body",
        "awarded",
        "presented",
        "recipients",
        "document_number",
        "valid_until",
        "reevaluation_on",
        "rescinded",
        "rescinded_on",
        "open_list",
        "remark",
        "name_en",
        "awarding_body_en",
        "remark_en",
    )
    title_field = "name"
    public_search_fields = ("name", "awarding_body")
    writer_roles = frozenset({Role.HONORS})
    reader_roles = NEWSROOM | {Role.HONORS, Role.AUDITOR}

    class Kind(models.TextChoices):
        TITLE = "title", _("Honorary title")
        MERIT = "merit", _("Merit citation")
        COMMENDATION = "commendation", _("Commendation")
        RANKING = "ranking", _("Ranking")

    class System(models.TextChoices):
        COURTS = "courts", _("Courts")
        PARTY = "party", _("Party")
        GOVERNMENT = "government", _("Government")
        YOUTH = "youth", _("Youth league")
        UNION = "union", _("Trade union")
        WOMEN = "women", _("Women's federation")
        CIVILITY = "civility", _("Civility office")
        OTHER = "other", _("Other")

    name = models.CharField(
        _("name"),
        max_length=120,
        blank=True,
        help_text=_("As the certificate or its source has it."),
    )
    kind = models.CharField(_("kind of honour"), max_length=12, choices=Kind, default=Kind.TITLE)
    levels = LevelsField(
        _("levels"), help_text=_("One honour may carry two, such as “provincial and municipal”.")
    )
    system = models.CharField(
        _("system"),
        max_length=12,
        choices=System,
        blank=True,
        default="",
        help_text=_("Whose honour it is. Empty: the source does not say."),
    )
    awarding_body = models.CharField(
        _("awarding body"),
        max_length=100,
        blank=True,
        help_text=_("Empty: readers are told that it is unstated."),
    )
    awarded = SourceDateField(
        _("awarded"),
        null=True,
        blank=True,
        columns={"earliest": "awarded_from", "latest": "awarded_to"},
        help_text=_("As it is printed: 2018年, 三年来, 7月8日."),
    )
    awarded_from = models.DateField(null=True, blank=True, editable=False)
    awarded_to = models.DateField(null=True, blank=True, editable=False)
    presented = SourceDateField(
        _("presented"),
        null=True,
        blank=True,
        help_text=_("When the plaque was unveiled or the certificate handed over, as printed."),
    )
    recipients = RowsField(_("recipients"), row=RecipientRow)
    document_number = models.CharField(_("document number"), max_length=60, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    reevaluation_on = models.DateField(
        _("re-evaluation due"),
        null=True,
        blank=True,
        help_text=_("The desk reminds you ninety days before. Readers don't see it."),
    )
    rescinded = models.BooleanField(_("rescinded"), default=False)
    rescinded_on = models.DateField(_("rescinded on"), null=True, blank=True)
    open_list = models.BooleanField(
        _("the list goes on"),
        default=False,
        help_text=_("The source names this one and goes on with “等”: readers are told so."),
    )
    remark = models.TextField(
        _("remark"), max_length=500, blank=True, help_text=_("Readers see it.")
    )
    name_en = models.CharField(
        _("name in English"),
        max_length=200,
        blank=True,
        help_text=_("For the English pages. Empty: they show the Chinese."),
    )
    awarding_body_en = models.CharField(_("awarding body in English"), max_length=150, blank=True)
    remark_en = models.TextField(_("remark in English"), max_length=800, blank=True)

    # Columns derived from the released content, for public lists: see ``set_derived_columns``.
    awarded_on = models.DateField(default=list_counts.UNDATED, editable=False)
    awarded_year = models.PositiveSmallIntegerField(default=0, editable=False)
    is_national = models.BooleanField(default=False, editable=False)
    is_provincial = models.BooleanField(default=False, editable=False)
    is_municipal = models.BooleanField(default=False, editable=False)
    is_district = models.BooleanField(default=False, editable=False)
    is_court = models.BooleanField(default=False, editable=False)
    # Columns derived from the current content, for the change list: see ``set_working_columns``.
    working_key = models.CharField(max_length=64, blank=True, editable=False, default="")
    working_kind = models.CharField(
        _("kind of honour"), max_length=12, choices=Kind, blank=True, editable=False, default=""
    )
    working_levels = LevelsField(_("levels"), editable=False)
    working_body = models.CharField(
        _("awarding body"), max_length=100, blank=True, editable=False, default=""
    )
    working_awarded = models.CharField(
        _("awarded"), max_length=200, blank=True, editable=False, default=""
    )
    working_year = models.PositiveSmallIntegerField(_("year"), default=0, editable=False)
    working_recipients = models.CharField(
        _("recipients"), max_length=200, blank=True, editable=False, default=""
    )
    working_reevaluation_on = models.DateField(
        _("re-evaluation due"), null=True, blank=True, editable=False
    )
    # The sheet from which the honour was imported; not part of the content.
    imported_with = models.ForeignKey(
        "honors.Import",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="honors",
        verbose_name=_("import"),
    )

    objects = HonorQuerySet.as_manager()  # type: ignore[misc]  # narrower than the base's

    class Meta(SingleReview.Meta):
        verbose_name = _("honour")
        verbose_name_plural = _("honours ledger")
        constraints = [
            *SingleReview.Meta.constraints,
            models.CheckConstraint(
                name="honors_honor_kind_known",
                condition=Q(kind__in=("title", "merit", "commendation", "ranking")),
            ),
            models.CheckConstraint(
                name="honors_public_is_whole",
                condition=~Q(state="live") | (~Q(name="") & ~Q(levels="")),
            ),
        ]
        indexes = [
            *(
                models.Index(
                    fields=["state", "-awarded_on", "-id"],
                    condition=Q(**{f"is_{level.value}": True}),
                    name=f"honors_{level.value}",
                )
                for level in Level
            ),
            models.Index(
                fields=["awarded_year", "state", "-awarded_on", "-id"], name="honors_by_year"
            ),
            # The lists of all honours use this index: their query repeats its condition
            # (``of_all``).
            models.Index(
                fields=["state", "-awarded_on", "-id"],
                condition=Q(released_at__isnull=False),
                name="honors_by_date",
            ),
            models.Index(
                fields=["state", "-awarded_on", "-id"],
                condition=Q(open_list=True),
                name="honors_going_on",
            ),
            models.Index(fields=["working_key"], name="honors_by_key"),
            models.Index(
                fields=["working_reevaluation_on"],
                condition=Q(working_reevaluation_on__isnull=False),
                name="honors_due_again",
            ),
            models.Index(fields=["-working_year", "-id"], name="honors_admin_list"),
            models.Index(
                Lower("state"),
                F("working_year").desc(),
                F("id").desc(),
                name="honors_admin_by_state",
            ),
        ]

    def __str__(self) -> str:
        return self.name or super().__str__()

    def get_absolute_url(self) -> str:
        return reverse("honors:honor", args=[self.pk])

    # Properties that public pages show

    @property
    def cover(self) -> AttachedPicture | None:
        """The first image that is not withdrawn: photo of the plaque or scan of the certificate."""
        return next((each for each in self.pictures if not each.image.is_withdrawn), None)

    @property
    def plaque_date(self) -> SourceDate | None:
        """The date that a plaque shows: of the award or, if unknown, of the ceremony."""
        return self.awarded or self.presented

    @property
    def display_date(self) -> str:
        """The printed date as text; lists are sorted by ``awarded_on``, a date derived from it."""
        return _date_text(self.awarded, self.presented)

    @property
    def flags(self) -> list[str]:
        found = [gettext("year inferred")] if self.plaque_date and self.plaque_date.inferred else []
        return [*found, gettext("Rescinded")] if self.rescinded else found

    @property
    def recipients_named(self) -> str:
        """The names of all recipients except the court itself."""
        return "、".join(recipient_label(row) for row in self.recipients if row["kind"] != "court")

    @property
    def top_level(self) -> str:
        return self.levels[0] if self.levels else ""

    @property
    def level_labels(self) -> list[tuple[str, str]]:
        return [(level, str(Level(level).label)) for level in self.levels]

    @property
    def level_label(self) -> str:
        return display_value(column(self, "levels"), self.levels)

    # Methods that the publishing workflow calls

    @property
    def list_date(self) -> date:
        return self.awarded_on

    def list_filters(self) -> dict[str, dict[str, Any]]:
        """Return the public lists that contain the honour: of all honours, its year, its levels."""
        year = self.awarded_year or "undated"
        return {
            list_counts.make_key(Honor, "all"): {"released_at__isnull": False},
            list_counts.make_key(Honor, "year", year): {"awarded_year": self.awarded_year},
            **{
                list_counts.make_key(Honor, "level", name): {f"is_{name}": True}
                for name in self.levels
            },
        }

    def set_derived_columns(self) -> None:
        day = _sort_date(self.awarded, self.presented)
        self.awarded_on = day or list_counts.UNDATED
        self.awarded_year = day.year if day else 0
        for level in Level:
            setattr(self, f"is_{level.value}", level.value in self.levels)

    def search_document(self) -> SearchDocument:
        facts = (
            self.level_label,
            self.get_kind_display(),
            self.get_system_display(),
            self.awarding_body,
            self.awarded,
            self.presented,
            self.document_number,
            gettext("Rescinded") if self.rescinded else "",
        )
        return SearchDocument(
            Kind.HONORS,
            title=self.name,
            summary="，".join(str(fact) for fact in facts if fact),
            body=self.remark,
            words=tuple(recipient_label(row) for row in self.recipients),
            english=(self.name_en, self.awarding_body_en, self.remark_en),
            on=None if self.awarded_on == list_counts.UNDATED else self.awarded_on,
        )

    def set_working_columns(self, content: dict[str, Any]) -> None:
        super().set_working_columns(content)
        fields = content["fields"]
        awarded, presented = (
            column(self, name).to_python(fields.get(name)) for name in ("awarded", "presented")
        )
        day = _sort_date(awarded, presented)
        self.working_key = duplicate_key(fields)
        self.working_kind = fields.get("kind") or ""
        self.working_levels = column(self, "levels").to_python(fields.get("levels"))
        self.working_body = fields.get("awarding_body") or ""
        self.working_awarded = _date_text(awarded, presented)[:200]
        self.working_year = day.year if day else 0
        self.working_recipients = "、".join(map(recipient_label, fields.get("recipients") or []))[
            :200
        ]
        due = fields.get("reevaluation_on")
        self.working_reevaluation_on = date.fromisoformat(due) if due else None

    def content_checks(self) -> list[CheckResult]:
        found = []
        if not self.name.strip():
            found.append(missing_field("name", gettext("Write the honour's name.")))
        if not self.levels:
            found.append(missing_field("levels", gettext("Tick the level, or the levels.")))
        if not self.recipients:
            found.append(CheckResult("recipient", gettext("Say who received it."), "recipients"))
        if self.rescinded_on and not self.rescinded:
            found.append(
                missing_field(
                    "rescinded", gettext("There is a day on which it was rescinded: tick it.")
                )
            )
        found += [
            CheckResult(
                "date-ahead", gettext("The date lies in the future: look at it again."), name
            )
            for name in ("awarded", "presented")
            if (day := getattr(self, name)) and day.earliest and day.earliest > timezone.localdate()
        ]
        found += [
            CheckResult(
                "date-unread",
                gettext(
                    "Its date is kept as printed, but could not be understood: say what it "
                    "means beside it, or write a remark."
                ),
                name,
            )
            for name in ("awarded", "presented")
            if (day := getattr(self, name)) and not day.is_understood and not self.remark.strip()
        ]
        return found


def _date_text(awarded: SourceDate | None, presented: SourceDate | None) -> str:
    if awarded or not presented:
        return str(awarded or "")
    return gettext("presented %(day)s") % {"day": presented}


def _sort_date(awarded: SourceDate | None, presented: SourceDate | None) -> date | None:
    """Return the date by which lists are sorted: of the award or, if unknown, of the ceremony."""
    return (awarded.sort if awarded else None) or (presented.sort if presented else None)


def duplicate_key(fields: dict[str, Any]) -> str:
    """Return a digest of name, awarding body, printed date and recipients.

    Two entries with the same digest are the same honour.
    """
    awarded = column(Honor, "awarded").to_python(fields.get("awarded"))
    recipients = sorted(
        [row["kind"], row["name"], row["count"]] for row in fields.get("recipients") or []
    )
    parts = [
        _without_spaces(fields.get("name")),
        _without_spaces(fields.get("awarding_body")),
        _without_spaces(str(awarded or "")),
        [[_without_spaces(word) for word in row] for row in recipients],
    ]
    return hashlib.sha256(canonical(parts).encode()).hexdigest()


def _without_spaces(text: str | None) -> str:
    return "".join(clean(text or "").split())


class Import(models.Model):
    """An uploaded sheet of honours. Only the functions in ``honors.importing`` change its state."""

    class State(models.TextChoices):
        PREVIEWED = "previewed", _("Checked, not imported")
        DONE = "done", _("Imported")
        DISCARDED = "discarded", _("Put aside")

    name = models.CharField(_("file"), max_length=200)
    digest = models.CharField(_("digest"), max_length=64)
    #: The name of the file in the private storage, which is derived from the digest.
    stored_as = models.CharField(max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PREVIEWED)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    finished_at = models.DateTimeField(_("imported"), null=True, blank=True)
    new_count = models.PositiveIntegerField(default=0)
    same_count = models.PositiveIntegerField(default=0)
    duplicate_count = models.PositiveIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    #: The planned rows, errors first: see ``import_plan.PlannedHonor``.
    plan = models.JSONField(default=list)
    created_ids = models.JSONField(default=list)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.CheckConstraint(
                name="honors_import_state_known",
                condition=Q(state__in=("previewed", "done", "discarded")),
            ),
            models.CheckConstraint(
                name="honors_import_whole_or_not",
                condition=~Q(state="done") | Q(error_count=0, finished_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["state", "-id"], name="honors_imports")]

    def __str__(self) -> str:
        return self.name

    @property
    def row_count(self) -> int:
        return self.new_count + self.same_count + self.duplicate_count + self.error_count
