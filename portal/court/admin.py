"""The admin of the court's records: profile, departments, people, indicators and figures."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.admin import SingletonMixin
from portal.accounts.keyset_admin import KeysetChangeList
from portal.http.parameters import parse_number
from portal.publishing import content as contents
from portal.publishing import list_counts
from portal.publishing.admin import PublishableAdmin, SingleReviewAdmin
from portal.publishing.references import Role, targets
from portal.publishing.states import State

from . import data, views
from .contradictions import find_contradictions
from .models import CourtProfile, Dataset, Department, Indicator, Observation, Person


def working_copy(obj: Any) -> Any:
    """Return the newest text of an object, released or not, for the columns of a change list.

    If a revision is open, its content is returned as an unsaved copy; otherwise the object itself.
    """
    if not hasattr(obj, "cached_working_copy"):
        obj.cached_working_copy = obj
        for revision in obj.open_work:
            draft = type(obj)()
            contents.set_columns(draft, contents.upgrade_content(type(obj), revision.content))
            obj.cached_working_copy = draft
    return obj.cached_working_copy


@admin.register(CourtProfile)
class CourtProfileAdmin(SingletonMixin, SingleReviewAdmin):
    skips_list = False  # archived profiles are listed
    list_display = ("headline", "numbers_display", "public_state", "work_state", "last_saved")
    fieldsets = (
        (None, {"fields": ("name", "short_names", "level", "region", "introduction")}),
        (
            gettext_lazy("In numbers"),
            {"fields": ("established_staff_count", "quota_judge_count", "department_count")},
        ),
        (gettext_lazy("Ideas"), {"fields": ("ideas",)}),
        (
            gettext_lazy("How to reach the court"),
            {"fields": ("address", "postcode", "phones", "hours")},
        ),
        (gettext_lazy("For readers"), {"fields": ("higher_courts", "remark")}),
        (
            gettext_lazy("On the English pages"),
            {
                "classes": ("collapse",),
                "fields": ("name_en", "introduction_en", "address_en", "hours_en"),
            },
        ),
    )

    def existing_rows(self) -> QuerySet:
        """Return all profiles except archived ones: the database allows only one live profile."""
        return CourtProfile.objects.exclude(state=State.ARCHIVED)

    def render_preview(self, request: HttpRequest, draft: Any) -> HttpResponse:
        return render(request, "court/profile.html", views.profile_context(draft, preview=True))

    @admin.display(description=gettext_lazy("staff, quota judges, departments"))
    def numbers_display(self, obj: CourtProfile) -> str:
        profile = working_copy(obj)
        numbers = (
            profile.established_staff_count,
            profile.quota_judge_count,
            profile.department_count,
        )
        return "，".join(str(number or "—") for number in numbers)


@admin.register(Department)
class DepartmentAdmin(SingleReviewAdmin):
    list_display = (
        "headline",
        "phone_display",
        "position_display",
        "public_state",
        "work_state",
        "last_saved",
    )
    ordering = ("position", "pk")
    fieldsets = (
        (None, {"fields": ("name", "duties", "phone", "position")}),
        (
            gettext_lazy("On the English pages"),
            {"classes": ("collapse",), "fields": ("name_en", "duties_en")},
        ),
    )

    def render_preview(self, request: HttpRequest, draft: Any) -> HttpResponse:
        public = list(Department.objects.public().order_by("position", "pk")[: views.MAX_ROWS])
        context = views.departments_context(public, views.public_profile(), draft)
        return render(request, "court/departments.html", context)

    @admin.display(description=gettext_lazy("telephone"))
    def phone_display(self, obj: Department) -> str:
        return working_copy(obj).phone or "—"

    @admin.display(description=gettext_lazy("position"), ordering="position")
    def position_display(self, obj: Department) -> int:
        return working_copy(obj).position


@admin.register(Person)
class PersonAdmin(SingleReviewAdmin):
    list_display = (
        "headline",
        "posts_display",
        "groups_display",
        "grade_display",
        "public_state",
        "work_state",
        "last_saved",
    )
    list_filter = (*PublishableAdmin.list_filter, "is_leader", "is_quota_judge")
    ordering = ("precedence", "pk")
    fieldsets = (
        (None, {"fields": ("name", "posts", "precedence", "is_leader", "duties")}),
        (
            gettext_lazy("As a judge"),
            {"fields": ("is_quota_judge", "judge_grade", "department")},
        ),
        (gettext_lazy("For readers"), {"fields": ("biography",)}),
        (
            gettext_lazy("On the English pages"),
            {"classes": ("collapse",), "fields": ("name_en", "posts_en")},
        ),
    )

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "department":
            kwargs["queryset"] = Department.objects.public().order_by("position", "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def render_preview(self, request: HttpRequest, draft: Any) -> HttpResponse:
        if draft.is_quota_judge and not draft.is_leader:
            context = views.judges_context(views.public_judges(), views.public_profile(), draft)
            return render(request, "court/judges.html", context)
        context = views.leaders_context(views.public_leaders(), draft)
        return render(request, "court/leaders.html", context)

    @admin.display(description=gettext_lazy("posts"))
    def posts_display(self, obj: Person) -> str:
        return "、".join(row["title"] for row in working_copy(obj).posts) or "—"

    @admin.display(description=gettext_lazy("shown among"))
    def groups_display(self, obj: Person) -> str:
        person = working_copy(obj)
        places = [_("leaders")] if person.is_leader else []
        places += [_("quota judges")] if person.is_quota_judge else []
        return "，".join(places) or "—"

    @admin.display(description=gettext_lazy("judge grade"))
    def grade_display(self, obj: Person) -> str:
        return working_copy(obj).judge_grade or "—"


class DatasetFilter(admin.SimpleListFilter):
    """Filter figures by the dataset of the indicator in their newest revision, released or not."""

    title = gettext_lazy("dataset")
    parameter_name = "dataset"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Dataset.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in Dataset.values:
            return queryset
        return queryset.filter(working_indicator__dataset=self.value())


@admin.register(Indicator)
class IndicatorAdmin(SingleReviewAdmin):
    list_display = (
        "headline",
        "dataset_display",
        "code_display",
        "unit_display",
        "is_defined",
        "public_state",
        "work_state",
    )
    list_filter = (*PublishableAdmin.list_filter, "dataset")
    ordering = ("dataset", "position", "pk")
    list_per_page = 50
    fieldsets = (
        (None, {"fields": ("name", "dataset", "definition", "unit", "scope")}),
        (gettext_lazy("For reckoning and order"), {"fields": ("code", "whole", "position")}),
        (
            gettext_lazy("On the English pages"),
            {"classes": ("collapse",), "fields": ("name_en", "definition_en", "scope_en")},
        ),
    )

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "whole":
            kwargs["queryset"] = Indicator.objects.public().order_by("dataset", "position", "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def render_preview(self, request: HttpRequest, draft: Any) -> HttpResponse:
        page = first_figures_page(draft)
        return render(request, "data/indicator.html", data.indicator_context(draft, page))

    @admin.display(description=gettext_lazy("dataset"), ordering="dataset")
    def dataset_display(self, obj: Indicator) -> str:
        return working_copy(obj).get_dataset_display()

    @admin.display(description=gettext_lazy("code"))
    def code_display(self, obj: Indicator) -> str:
        return working_copy(obj).code or "—"

    @admin.display(description=gettext_lazy("unit"))
    def unit_display(self, obj: Indicator) -> str:
        return working_copy(obj).unit or "—"

    @admin.display(description=gettext_lazy("defined"), boolean=True)
    def is_defined(self, obj: Indicator) -> bool:
        return bool(working_copy(obj).definition.strip())


class IndicatorFilter(admin.SimpleListFilter):
    title = gettext_lazy("indicator")
    parameter_name = "indicator"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = Indicator.objects.exclude(state=State.ARCHIVED).order_by("dataset", "position", "pk")
        return [(str(row.pk), row.working_title or str(row)) for row in rows[:300]]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        pk = parse_number(self.value() or "")
        return queryset if pk is None else queryset.filter(working_indicator=pk)


class ContradictionFilter(admin.SimpleListFilter):
    title = gettext_lazy("agreement")
    parameter_name = "agreement"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("disagrees", gettext_lazy("Disagrees with other figures"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "disagrees":
            return queryset.filter(pk__in=Observation.objects.all().contradicting_ids())
        return queryset


class ObservationChangeList(KeysetChangeList):
    """A change list that loads the sources and contradictions of its rows with few queries."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        public = [row for row in rows if row.state == State.LIVE]
        contradictions = find_contradictions(public, Observation.objects.counterparts_of(public))
        stated = targets(rows, Role.STATED_IN)
        for row in rows:
            row.stated_in = stated.get(row.pk, [])
            row.contradictions = []
        for row, found in zip(public, contradictions, strict=True):
            row.contradictions = [each.message for each in found]
        self.result_list = rows


@admin.register(Observation)
class ObservationAdmin(SingleReviewAdmin):
    list_display = (
        "indicator_display",
        "period_display",
        "printed_display",
        "reading_display",
        "source_display",
        "public_state",
        "work_state",
    )
    list_display_links = ("indicator_display",)
    list_filter = (
        *PublishableAdmin.list_filter,
        DatasetFilter,
        IndicatorFilter,
        ContradictionFilter,
    )
    list_select_related = ("working_indicator", "indicator")
    sortable_by = ()
    search_fields = ("working_title", "remark")
    list_per_page = 50
    fieldsets = ((None, {"fields": ("indicator", "period", "value", "rank", "remark")}),)

    def content_fieldsets(self, request: HttpRequest) -> list:
        """Move the field for the source directly below the figure."""
        roles = list(self.reference_targets())
        return [(None, {"fields": ["indicator", "period", "value", "rank", *roles, "remark"]})]

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "indicator":
            kwargs["queryset"] = Indicator.objects.public().order_by("dataset", "position", "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ObservationChangeList

    def render_preview(self, request: HttpRequest, draft: Any) -> HttpResponse:
        indicator = draft.indicator or Indicator(name=_("Indicator not chosen yet"))
        context = data.indicator_context(indicator, first_figures_page(indicator), draft)
        return render(request, "data/indicator.html", context)

    @admin.display(description=gettext_lazy("indicator"))
    def indicator_display(self, obj: Observation) -> str:
        indicator = obj.working_indicator
        return str(indicator) if indicator else _("(none chosen)")

    @admin.display(description=gettext_lazy("period"))
    def period_display(self, obj: Observation) -> str:
        return str(working_copy(obj).period or "—")

    @admin.display(description=gettext_lazy("as printed"))
    def printed_display(self, obj: Observation) -> str:
        figure = working_copy(obj)
        return "，".join(str(each) for each in (figure.value, figure.rank) if each) or "—"

    @admin.display(description=gettext_lazy("how it is understood"))
    def reading_display(self, obj: Any) -> str:
        figure = working_copy(obj)
        unit = obj.working_indicator.unit if obj.working_indicator else ""
        value = figure.value.with_unit(figure.value.unit or unit) if figure.value else None
        description = "；".join(each.describe() for each in (value, figure.rank) if each) or "—"
        if not obj.contradictions:
            return description
        mark = _("disagrees, answered") if obj.remark.strip() else _("disagrees")
        return format_html(
            '{}<br><span class="state" title="{}">{}</span>',
            description,
            obj.contradictions[0],
            mark,
        )

    @admin.display(description=gettext_lazy("Stated in"))
    def source_display(self, obj: Any) -> str:
        if obj.stated_in:
            return "；".join(str(each) for each in obj.stated_in)
        return "—" if obj.state == State.LIVE else _("(after the release)")


def first_figures_page(indicator: Indicator) -> list_counts.Page[Observation]:
    """Return the first page of an indicator's public figures; empty for an unsaved indicator."""
    empty: list_counts.Page[Observation] = list_counts.Page([], 1, 1, 0)
    if not indicator.pk:
        return empty
    rows = data.public_figures(indicator)
    return list_counts.get_page(rows, indicator.list_key, 1, data.PER_PAGE) or empty
