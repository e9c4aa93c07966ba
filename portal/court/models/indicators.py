"""Statistical indicators, grouped by dataset."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.publishing import list_counts
from portal.publishing.check_results import CheckResult, missing_field
from portal.publishing.models import SingleReview
from portal.publishing.search_document import Kind, SearchDocument
from portal.web.languages import Bilingual


class Dataset(models.TextChoices):
    """Groups of indicators; each group is one download (``/data/<dataset>.csv``)."""

    CASES = "cases", _("Cases")
    QUALITY = "quality", _("Quality of trials and enforcement")
    OPENNESS = "openness", _("Judicial openness")
    PUBLICITY = "publicity", _("Publicity")
    TEAM = "team", _("Team and discipline")


class Indicator(Bilingual, SingleReview):
    """A statistical indicator: its name, definition (口径), unit and scope."""

    content_fields = (
        "name",
        "code",
        "dataset",
        "definition",
        "unit",
        "scope",
        "whole",
        "position",
        "name_en",
        "definition_en",
        "scope_en",
    )
    title_field = "name"
    public_search_fields = ("name",)

    name = models.CharField(_("name"), max_length=60, blank=True)
    code = models.CharField(
        _("code"),
        max_length=40,
        blank=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*$")],
        help_text=_(
            "By these the portal reckons: accepted, concluded, pending, filed, closing_rate "
            "(concluded ÷ accepted), clearance_rate (concluded ÷ newly filed). It may stay empty."
        ),
    )
    dataset = models.CharField(_("dataset"), max_length=12, choices=Dataset, default=Dataset.CASES)
    definition = models.TextField(
        _("definition"),
        max_length=500,
        blank=True,
        help_text=_("What is counted and how. Empty: readers are told that it is unstated."),
    )
    unit = models.CharField(
        _("unit"), max_length=12, blank=True, help_text=_("For example 件, 名, %.")
    )
    scope = models.CharField(
        _("scope"), max_length=60, blank=True, help_text=_("Whose figure it is.")
    )
    whole = models.ForeignKey(
        "self",
        verbose_name=_("part of"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        help_text=_("The indicator of which this one counts a part; it can't exceed it."),
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Smaller numbers come first.")
    )

    name_en = models.CharField(
        _("name in English"),
        max_length=120,
        blank=True,
        help_text=_("For the English pages. Empty: they show the Chinese."),
    )
    definition_en = models.TextField(_("definition in English"), max_length=800, blank=True)
    scope_en = models.CharField(_("scope in English"), max_length=120, blank=True)

    class Meta(SingleReview.Meta):
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        constraints = [
            *SingleReview.Meta.constraints,
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(state="live") & ~Q(code=""),
                name="court_one_live_indicator_of_a_code",
            ),
            models.CheckConstraint(
                name="court_indicator_dataset_known", condition=Q(dataset__in=Dataset.values)
            ),
        ]
        indexes = [
            models.Index(fields=["dataset", "position", "id"], name="court_indicator_in_order")
        ]

    def __str__(self) -> str:
        return self.name or super().__str__()

    def get_absolute_url(self) -> str:
        return reverse("data:indicator", args=[self.pk])

    def search_document(self) -> SearchDocument:
        return SearchDocument(
            Kind.DATA,
            title=self.name,
            body=self.definition,
            words=(self.get_dataset_display(), self.unit, self.scope),
            english=(self.name_en, self.definition_en),
            hidden_terms=(self.code,),
            on=self.published_at,
        )

    def dependents(self) -> list[models.QuerySet]:
        """Return the figures of the indicator: they show its name and are withdrawn with it."""
        return [self.observations.all()]

    def on_published(self) -> None:
        """Copy the dataset to figures that were released earlier."""
        figures = self.observations.all()
        # Lock the figures in the same order as ``publishing.quotes`` does, to avoid a deadlock.
        list(figures.select_for_update().order_by("pk").values_list("pk"))
        figures.update(dataset=self.dataset)

    @property
    def list_key(self) -> str:
        """Return the key under which ``list_counts`` counts the figures of this saved indicator."""
        return list_counts.make_key(self.observations.model, "indicator", self.pk)

    def content_checks(self) -> list[CheckResult]:
        found = []
        if not self.name.strip():
            found.append(missing_field("name", gettext("Write the indicator's name.")))
        same = Indicator.objects.public().exclude(pk=self.pk).filter(code=self.code)
        if self.code and same.exists():
            found.append(
                missing_field(
                    "code", gettext("Another public indicator has this code: one is enough.")
                )
            )
        if self.whole_id and self.whole_id == self.pk:
            found.append(missing_field("whole", gettext("An indicator is not a part of itself.")))
        return found
