"""The figures: values of the indicators in periods of time."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.publishing import content as contents
from portal.publishing import list_counts
from portal.publishing.check_results import CheckResult, missing_field
from portal.publishing.models import SingleReview
from portal.publishing.references import Role, related_links
from portal.publishing.search_document import Kind, SearchDocument
from portal.publishing.states import State
from portal.source_values.fields import DECIMAL, QuantityField, RankField, SourceDateField
from portal.web.languages import localized

from ..content_checks import check_observation
from ..querysets import ObservationQuerySet
from .indicators import Dataset, Indicator


class Observation(SingleReview):
    """A figure: the quantity, the rank, or both, of an indicator in a period."""

    content_fields = ("indicator", "period", "value", "rank", "remark")
    public_search_fields = ("indicator__name", "remark")
    is_quotable = True

    indicator = models.ForeignKey(
        Indicator,
        verbose_name=_("indicator"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # the first column of the index court_figure_of is this key
        related_name="observations",
    )
    period = SourceDateField(
        _("period"),
        null=True,
        blank=True,
        columns={"earliest": "period_from", "latest": "period_to", "sort": "period_sort"},
        help_text=_("As it is printed: 2017年至2020年底, 三年来."),
    )
    period_from = models.DateField(null=True, blank=True, editable=False)
    period_to = models.DateField(null=True, blank=True, editable=False)
    period_sort = models.DateField(null=True, blank=True, editable=False)
    value = QuantityField(
        _("quantity"),
        null=True,
        blank=True,
        columns={"low": "value_low", "high": "value_high", "sort": "value_sort"},
        help_text=_("As it is printed: 5177件, 超过100%, 百余篇."),
    )
    value_low = models.DecimalField(null=True, editable=False, **DECIMAL)
    value_high = models.DecimalField(null=True, editable=False, **DECIMAL)
    value_sort = models.DecimalField(null=True, editable=False, **DECIMAL)
    rank = RankField(
        _("rank"),
        null=True,
        blank=True,
        columns={"sort": "rank_sort"},
        help_text=_("As it is printed: 43个月排名全市首位, 全省前十名."),
    )
    rank_sort = models.PositiveIntegerField(null=True, blank=True, editable=False)
    remark = models.TextField(
        _("remark"),
        max_length=500,
        blank=True,
        help_text=_("Readers see it. It also answers what a check of the numbers asks."),
    )
    # The indicator of the newest revision, released or not, for the change list.
    working_indicator = models.ForeignKey(
        Indicator,
        verbose_name=_("indicator"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    # Columns set at release, by which the lists of a dataset are filtered and ordered.
    dataset = models.CharField(max_length=12, choices=Dataset, blank=True, editable=False)
    ordered_on = models.DateField(default=list_counts.UNDATED, editable=False)

    objects = ObservationQuerySet.as_manager()  # type: ignore[misc]  # narrower than the base's

    class Meta(SingleReview.Meta):
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        constraints = [
            *SingleReview.Meta.constraints,
            models.CheckConstraint(
                name="court_figure_public_is_whole",
                condition=~Q(state="live")
                | Q(indicator__isnull=False) & (Q(value__isnull=False) | Q(rank__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["indicator", "state", "-ordered_on", "-id"], name="court_figure_of"
            ),
            models.Index(
                fields=["dataset", "state", "-ordered_on", "-id"], name="court_figure_in_dataset"
            ),
            models.Index(fields=["-created_at", "-id"], name="court_figure_newest"),
            models.Index(
                Lower("state"), F("created_at").desc(), F("id").desc(), name="court_figure_by_state"
            ),
        ]

    def __str__(self) -> str:
        if self.indicator is None:
            return super().__str__()
        return _compose_title(self.indicator.name, self.value or self.rank or "", self.period or "")

    def get_absolute_url(self) -> str:
        return f"{reverse('data:indicator', args=[self.indicator_id])}#figure-{self.pk}"

    @property
    def has_public_source(self) -> bool:
        """Return whether a public object is linked as the source of the figure."""
        return any(
            label == str(Role.STATED_IN.label) for label, _title, _url in related_links(self)
        )

    @property
    def link_title(self) -> str:
        """Return the indicator's name and the period as the text of a link to the figure.

        The value is left out, because the page with the link may quote an earlier value.
        """
        name = localized(self.indicator, "name") or str(self.indicator)
        return f"{name}（{self.period}）" if self.period else name

    @property
    def quoted_text(self) -> str:
        """Return the quantity as printed, or the rank if there is no quantity."""
        return str(self.value or self.rank or "")

    @cached_property
    def unit(self) -> str:
        """Return the unit of the quantity, or the indicator's unit if the text prints none."""
        return (self.value.unit if self.value else "") or (
            self.indicator.unit if self.indicator else ""
        )

    @property
    def list_date(self) -> date:
        return self.ordered_on

    def list_filters(self) -> dict[str, dict[str, Any]]:
        key = list_counts.make_key(Observation, "indicator", self.indicator_id)
        return {key: {"indicator": self.indicator_id}}

    def search_document(self) -> SearchDocument:
        printed = (self.value, self.rank, self.period)
        return SearchDocument(
            Kind.DATA,
            title=str(self),
            summary="，".join(str(each) for each in printed if each),
            body=self.remark,
            on=self.published_at,
        )

    def set_working_columns(self, content: dict[str, Any]) -> None:
        super().set_working_columns(content)
        self.working_indicator_id = content["fields"].get("indicator")

    def set_derived_columns(self) -> None:
        self.dataset = self.indicator.dataset if self.indicator else ""
        self.ordered_on = (self.period.sort if self.period else None) or list_counts.UNDATED

    @classmethod
    def title_of(cls, content: dict[str, Any]) -> str:
        fields = content["fields"]
        indicator = Indicator.objects.filter(pk=fields.get("indicator")).first()
        printed = {
            name: contents.column(cls, name).to_python(fields.get(name))
            for name in ("period", "value", "rank")
        }
        name = str(indicator) if indicator else ""
        return _compose_title(
            name, printed["value"] or printed["rank"] or "", printed["period"] or ""
        )[:200]

    def content_checks(self) -> list[CheckResult]:
        found = []
        if self.indicator is None or self.indicator.state != State.LIVE:
            found.append(missing_field("indicator", gettext("Choose an indicator that is public.")))
        if self.value is None and self.rank is None:
            found.append(missing_field("value", gettext("Write a quantity, a rank, or both.")))
        return found if self.remark.strip() else found + self._check_numbers()

    def acknowledged(self) -> list[CheckResult]:
        return self._check_numbers() if self.remark.strip() else []

    def _check_numbers(self) -> list[CheckResult]:
        """Return the problems that the author must either correct or explain in the remark."""
        found = []
        if not self.has_public_source:
            message = gettext(
                "Choose the public article where it is stated, or say in the remark why there is "
                "none."
            )
            found.append(CheckResult("missing-source", message, "stated_in"))
        if self.indicator is not None:
            found += check_observation(self, Observation.objects.all())
        return found


def _compose_title(name: str, figure: object, period: object) -> str:
    """Return a title such as “受理：5177件（2020年）”."""
    title = f"{name}：{figure}" if name else str(figure)
    return f"{title}（{period}）" if str(period) else title
