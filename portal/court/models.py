"""The court's profile, its departments and people, its indicators and figures.

All of them pass the press, by one review of somebody other than the writer.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.library.richtext import RichTextField, plain_text
from portal.publishing import content as contents
from portal.publishing import list_counts
from portal.publishing.check_results import CheckResult, missing_field
from portal.publishing.fields import RowsField
from portal.publishing.models import SingleReview
from portal.publishing.references import Role, related_links
from portal.publishing.search_document import Kind, SearchDocument
from portal.publishing.states import State
from portal.source_values.dates import parse_date
from portal.source_values.fields import DECIMAL, QuantityField, RankField, SourceDateField
from portal.web.languages import Bilingual, is_english, localized

from . import content_checks
from .querysets import ObservationQuerySet, PersonQuerySet
from .rows import HigherCourtRow, IdeaRow, PhoneRow, PostRow


class CourtProfile(Bilingual, SingleReview):
    """The court itself: there is one live profile (``court_one_live_profile``)."""

    content_fields = (
        "name",
        "short_names",
        "level",
        "region",
        "introduction",
        "established_staff",
        "quota_judges",
        "department_count",
        "ideas",
        "address",
        "postcode",
        "phones",
        "hours",
        "higher_courts",
        "remark",
        "name_en",
        "introduction_en",
        "address_en",
        "hours_en",
    )
    title_field = "name"
    public_search_fields = ("name",)

    class Level(models.TextChoices):
        PRIMARY = "primary", _("Primary-level people's court")
        INTERMEDIATE = "intermediate", _("Intermediate people's court")
        HIGH = "high", _("High people's court")

    name = models.CharField(_("full name of the court"), max_length=80, blank=True)
    short_names = models.CharField(
        _("short names"), max_length=120, blank=True, help_text=_("Separated by commas.")
    )
    level = models.CharField(
        _("level of the court"), max_length=12, choices=Level, default=Level.PRIMARY
    )
    region = models.CharField(_("region"), max_length=80, blank=True)
    introduction = RichTextField(_("introduction"), blank=True)
    established_staff = QuantityField(
        _("established staff"),
        null=True,
        blank=True,
        help_text=_("As it is printed, for example 32人."),
    )
    quota_judges = QuantityField(
        _("quota judges"),
        null=True,
        blank=True,
        help_text=_("Some of the established staff, never more than they are."),
    )
    department_count = QuantityField(_("internal departments"), null=True, blank=True)
    ideas = RowsField(_("ideas, programmes, activities"), row=IdeaRow)
    address = models.CharField(_("address"), max_length=200, blank=True)
    postcode = models.CharField(_("postcode"), max_length=10, blank=True)
    phones = RowsField(_("telephones"), row=PhoneRow)
    hours = models.CharField(_("office hours"), max_length=200, blank=True)
    higher_courts = RowsField(_("higher courts"), row=HigherCourtRow)
    remark = models.TextField(
        _("remark"),
        max_length=500,
        blank=True,
        help_text=_("Readers see it. It also answers what a check of the numbers asks."),
    )
    name_en = models.CharField(
        _("name in English"),
        max_length=150,
        blank=True,
        help_text=_("For the English pages. Empty: they show the Chinese."),
    )
    introduction_en = RichTextField(_("introduction in English"), blank=True)
    address_en = models.CharField(_("address in English"), max_length=200, blank=True)
    hours_en = models.CharField(_("office hours in English"), max_length=200, blank=True)

    class Meta(SingleReview.Meta):
        verbose_name = _("court profile")
        verbose_name_plural = _("court profile")
        constraints = [
            *SingleReview.Meta.constraints,
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="live"), name="court_one_live_profile"
            ),
        ]

    def __str__(self) -> str:
        return self.name or super().__str__()

    def get_absolute_url(self) -> str:
        return reverse("court:profile")

    def search_document(self) -> SearchDocument:
        rows = [*self.ideas, *self.phones, *self.higher_courts]
        return SearchDocument(
            Kind.COURT,
            title=self.name,
            body=plain_text(self.introduction),
            words=(
                self.short_names,
                self.region,
                self.address,
                self.hours,
                self.remark,
                *("，".join(row[key] for key in row if key != "kind" and row[key]) for row in rows),
            ),
            english=(self.name_en, plain_text(self.introduction_en), self.address_en),
            on=self.published_at,
        )

    @property
    def short_name_list(self) -> list[str]:
        return [each for each in self.short_names.replace("，", ",").split(",") if each.strip()]

    def content_checks(self) -> list[CheckResult]:
        found = []
        if not self.name.strip():
            found.append(missing_field("name", gettext("Write the court's full name.")))
        if CourtProfile.objects.public().exclude(pk=self.pk).exists():
            found.append(
                missing_field("name", gettext("There is a public profile already: edit that."))
            )
        return found if self.remark.strip() else found + content_checks.check_profile(self)

    def acknowledged(self) -> list[CheckResult]:
        return content_checks.check_profile(self) if self.remark.strip() else []


class Department(Bilingual, SingleReview):
    content_fields = ("name", "duties", "phone", "position", "name_en", "duties_en")
    title_field = "name"
    public_search_fields = ("name",)

    name = models.CharField(_("name"), max_length=60, blank=True)
    duties = models.TextField(
        _("duties"), max_length=1000, blank=True, help_text=_("What it is there for, in sentences.")
    )
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Smaller numbers come first.")
    )

    name_en = models.CharField(
        _("name in English"),
        max_length=120,
        blank=True,
        help_text=_("For the English pages. Empty: they show the Chinese."),
    )
    duties_en = models.TextField(_("duties in English"), max_length=1500, blank=True)

    class Meta(SingleReview.Meta):
        verbose_name = _("department")
        verbose_name_plural = _("departments")

    def __str__(self) -> str:
        return self.name or super().__str__()

    def get_absolute_url(self) -> str:
        return f"{reverse('court:departments')}#department-{self.pk}"

    def search_document(self) -> SearchDocument:
        return SearchDocument(
            Kind.COURT,
            title=self.name,
            body=self.duties,
            words=(self.phone,),
            english=(self.name_en, self.duties_en),
            on=self.published_at,
        )

    def content_checks(self) -> list[CheckResult]:
        if self.name.strip():
            return []
        return [missing_field("name", gettext("Write the department's name."))]


class Person(Bilingual, SingleReview):
    """Somebody the court names in public: a leader, a judge, both."""

    content_fields = (
        "name",
        "posts",
        "precedence",
        "is_leader",
        "is_quota_judge",
        "judge_grade",
        "department",
        "duties",
        "biography",
        "name_en",
        "posts_en",
    )
    title_field = "name"
    public_search_fields = ("name",)

    name = models.CharField(_("name"), max_length=40, blank=True)
    posts = RowsField(
        _("posts"),
        row=PostRow,
        help_text=_("In their order: 党组书记, then 院长. A post that was given up has an end."),
    )
    precedence = models.PositiveSmallIntegerField(
        _("order of precedence"), default=100, help_text=_("Smaller numbers come first.")
    )
    is_leader = models.BooleanField(_("leader of the court"), default=False)
    is_quota_judge = models.BooleanField(_("quota judge"), default=False)
    judge_grade = models.CharField(_("judge grade"), max_length=30, blank=True)
    department = models.ForeignKey(
        Department,
        verbose_name=_("department"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
    )
    duties = models.CharField(_("in charge of"), max_length=200, blank=True)
    biography = models.TextField(_("biography"), max_length=1000, blank=True)
    name_en = models.CharField(
        _("name in English"),
        max_length=80,
        blank=True,
        help_text=_("For the English pages. Empty: they show the Chinese."),
    )
    posts_en = models.CharField(
        _("posts in English"),
        max_length=200,
        blank=True,
        help_text=_("The posts held today, in their order. Write them anew when they change."),
    )

    objects = PersonQuerySet.as_manager()  # type: ignore[misc]  # narrower than the base's

    class Meta(SingleReview.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name or super().__str__()

    def get_absolute_url(self) -> str:
        if self.is_leader and self.posts_held_on():
            return f"{reverse('court:leaders')}#person-{self.pk}"
        if self.is_quota_judge:
            return f"{reverse('court:judges')}#person-{self.pk}"
        return reverse("court:profile")

    def search_document(self) -> SearchDocument:
        return SearchDocument(
            Kind.COURT,
            title=self.name,
            summary="、".join(self.posts_held_on()),
            body=self.biography,
            words=(self.judge_grade, self.duties),
            english=(self.name_en, self.posts_en),
            on=self.published_at,
        )

    def posts_held_on(self, day: date | None = None) -> list[str]:
        """The posts held on a day (today): an interval that says nothing of it leaves them in."""
        day = day or timezone.localdate()
        return [row["title"] for row in self.posts if _covers(row, day)]

    def localized_posts(self) -> list[str]:
        """The posts held today as the page at hand tells them."""
        posts = self.posts_held_on()
        return [self.posts_en] if posts and self.posts_en and is_english() else posts

    def content_checks(self) -> list[CheckResult]:
        found = []
        if not self.name.strip():
            found.append(missing_field("name", gettext("Write the person's name.")))
        if self.is_leader and not self.posts_held_on():
            found.append(missing_field("posts", gettext("A leader has a post: write it.")))
        found += [
            CheckResult(
                "post-interval",
                gettext("The post “%(post)s” ends before it begins.") % {"post": row["title"]},
                "posts",
            )
            for row in self.posts
            if _is_upside_down(row)
        ]
        return found


def _covers(row: dict[str, str], day: date) -> bool:
    since, until = parse_date(row["since"]), parse_date(row["until"])
    begins_later = since.earliest is not None and since.earliest > day
    ended = bool(row["until"]) and (until.latest is None or until.latest < day)
    return not (begins_later or ended)


def _is_upside_down(row: dict[str, str]) -> bool:
    since, until = parse_date(row["since"]), parse_date(row["until"])
    return bool(since.earliest and until.latest and until.latest < since.earliest)


class Dataset(models.TextChoices):
    """The groups of indicators; each is a download (``/data/<dataset>.csv``)."""

    CASES = "cases", _("Cases")
    QUALITY = "quality", _("Quality of trials and enforcement")
    OPENNESS = "openness", _("Judicial openness")
    PUBLICITY = "publicity", _("Publicity")
    TEAM = "team", _("Team and discipline")


class Indicator(Bilingual, SingleReview):
    """What is counted or compared: its name, its definition (口径), its unit."""

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
        """Its figures: they are named by it, and leave with it."""
        return [Observation.objects.filter(indicator=self)]

    def on_published(self) -> None:
        """Its figures stand in its dataset, whenever they were released."""
        figures = Observation.objects.filter(indicator=self)
        # Locked in the order in which a text that quotes them locks them (``quotes``).
        list(figures.select_for_update().order_by("pk").values_list("pk"))
        figures.update(dataset=self.dataset)

    @property
    def list_key(self) -> str:
        return list_counts.make_key(Observation, "indicator", self.pk)

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


class Observation(SingleReview):
    """One figure: an indicator in a period, as a quantity, a rank, or both, and its source."""

    content_fields = ("indicator", "period", "value", "rank", "remark")
    public_search_fields = ("indicator__name", "remark")
    is_quotable = True

    indicator = models.ForeignKey(
        Indicator,
        verbose_name=_("indicator"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # the index of an indicator's list begins with it
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
    # Of work in progress, for the desk's list.
    working_indicator = models.ForeignKey(
        Indicator,
        verbose_name=_("indicator"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    # Derived at release: what a list of one dataset is ordered by.
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
        return _line(self.indicator.name, self.value or self.rank or "", self.period or "")

    def get_absolute_url(self) -> str:
        return f"{reverse('data:indicator', args=[self.indicator_id])}#figure-{self.pk}"

    @property
    def has_public_source(self) -> bool:
        """Whether readers find where it is stated: in something that is public."""
        return any(
            label == str(Role.STATED_IN.label) for label, _title, _url in related_links(self)
        )

    @property
    def link_title(self) -> str:
        """Without the figure: a page that quotes it shows the words it was released with."""
        name = localized(self.indicator, "name") or str(self.indicator)
        return f"{name}（{self.period}）" if self.period else name

    @property
    def quoted_text(self) -> str:
        """The figure as it is printed; where only a rank is known, that."""
        return str(self.value or self.rank or "")

    @cached_property
    def unit(self) -> str:
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
        return _line(name, printed["value"] or printed["rank"] or "", printed["period"] or "")[:200]

    def content_checks(self) -> list[CheckResult]:
        found = []
        if self.indicator is None or self.indicator.state != State.LIVE:
            found.append(missing_field("indicator", gettext("Choose an indicator that is public.")))
        if self.value is None and self.rank is None:
            found.append(missing_field("value", gettext("Write a quantity, a rank, or both.")))
        return found if self.remark.strip() else found + self._questions()

    def acknowledged(self) -> list[CheckResult]:
        return self._questions() if self.remark.strip() else []

    def _questions(self) -> list[CheckResult]:
        """What its writer mends, or answers in the remark."""
        found = []
        if not self.has_public_source:
            message = gettext(
                "Choose the public article where it is stated, or say in the remark why there is "
                "none."
            )
            found.append(CheckResult("missing-source", message, "stated_in"))
        if self.indicator is not None:
            found += content_checks.check_observation(self)
        return found


def _line(name: str, figure: object, period: object) -> str:
    said = f"{name}：{figure}" if name else str(figure)
    return f"{said}（{period}）" if str(period) else said
