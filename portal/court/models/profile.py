"""The profile of the court and its departments."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.library.richtext import RichTextField, plain_text
from portal.publishing.check_results import CheckResult, missing_field
from portal.publishing.fields import RowsField
from portal.publishing.models import SingleReview
from portal.publishing.search_document import Kind, SearchDocument
from portal.source_values.fields import QuantityField
from portal.web.languages import Bilingual

from ..content_checks import check_profile
from ..rows import HigherCourtRow, IdeaRow, PhoneRow


class CourtProfile(Bilingual, SingleReview):
    """The profile of the court; a constraint allows one live row (``court_one_live_profile``)."""

    content_fields = (
        "name",
        "short_names",
        "level",
        "region",
        "introduction",
        "established_staff_count",
        "quota_judge_count",
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
    established_staff_count = QuantityField(
        _("established staff"),
        null=True,
        blank=True,
        help_text=_("As it is printed, for example 32人."),
    )
    quota_judge_count = QuantityField(
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
        return found if self.remark.strip() else found + check_profile(self)

    def acknowledged(self) -> list[CheckResult]:
        return check_profile(self) if self.remark.strip() else []


class Department(Bilingual, SingleReview):
    """An internal department of the court."""

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
