"""The honours ledger in the staff admin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.audit.querysets import distinct_values
from portal.http.parameters import parse_number
from portal.publishing.admin import PublishableAdmin, SingleReviewAdmin
from portal.publishing.content import column, display_value
from portal.publishing.states import State

from .export_views import export_urls
from .fields import Level
from .import_views import import_urls
from .models import Honor, Import
from .views import honor_context

#: A re-evaluation is listed as due from this number of days before its date.
REMINDER_DAYS = 90


class LevelFilter(admin.SimpleListFilter):
    title = gettext_lazy("level")
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Level.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        # A substring match is exact here, because no level's value contains that of another level.
        return queryset.filter(working_levels__contains=self.value()) if self.value() else queryset


class YearFilter(admin.SimpleListFilter):
    title = gettext_lazy("year of the award")
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        years = reversed(distinct_values(Honor.objects.all(), "working_year"))
        return [(str(year), str(year) if year else _("undated")) for year in years]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        year = parse_number(self.value() or "", max_digits=4)
        return queryset if year is None else queryset.filter(working_year=year)


class DueFilter(admin.SimpleListFilter):
    title = gettext_lazy("re-evaluation")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("soon", _("due within 90 days")), ("over", _("overdue"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        today = timezone.localdate()
        queryset = queryset.exclude(rescinded=True) if self.value() else queryset
        match self.value():
            case "soon":
                until = today + timedelta(days=REMINDER_DAYS)
                return queryset.filter(working_reevaluation_on__range=(today, until))
            case "over":
                return queryset.filter(working_reevaluation_on__lt=today)
        return queryset


class ImportFilter(admin.SimpleListFilter):
    """Filter by imported sheet: staff submit, review and release its honours together."""

    title = gettext_lazy("import")
    parameter_name = "import"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        done = Import.objects.filter(state=Import.State.DONE).defer("plan", "created_ids")
        return [
            (str(each.pk), f"{timezone.localtime(each.finished_at):%Y-%m-%d} {each.name}")
            for each in done.order_by("-pk")[:10]
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        pk = parse_number(self.value() or "")
        return queryset if pk is None else queryset.filter(imported_with=pk)


@admin.register(Honor)
class HonorAdmin(SingleReviewAdmin):
    list_display = (
        "headline",
        "levels_display",
        "working_kind",
        "working_body",
        "working_awarded",
        "working_recipients",
        "public_state",
        "work_state",
    )
    list_filter = (
        *PublishableAdmin.list_filter,
        LevelFilter,
        "working_kind",
        YearFilter,
        DueFilter,
        ImportFilter,
    )
    search_fields = ("working_title", "working_body", "working_recipients")
    ordering = ("-working_year", "-pk")
    sortable_by = ()
    list_per_page = 100
    change_list_template = "admin/honors/change_list.html"
    fieldsets = (
        (None, {"fields": ("name", "kind", "levels", "recipients", "awarded", "presented")}),
        (
            gettext_lazy("Where it comes from"),
            {"fields": ("awarding_body", "system", "document_number", "stated_in")},
        ),
        (
            gettext_lazy("How long it is valid"),
            {
                "classes": ("collapse",),
                "fields": ("valid_until", "reevaluation_on", "rescinded", "rescinded_on"),
            },
        ),
        (gettext_lazy("For readers"), {"fields": ("remark", "open_list")}),
        (
            gettext_lazy("On the English pages"),
            {"classes": ("collapse",), "fields": ("name_en", "awarding_body_en", "remark_en")},
        ),
    )

    def extra_list_views(self) -> dict[str, tuple[str, Callable]]:
        return {**import_urls(), **export_urls()}

    def render_preview(self, request: HttpRequest, draft: Any) -> HttpResponse:
        return render(request, "honors/honor.html", honor_context(draft, preview=True))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        response = super().changelist_view(request, extra_context)
        change_list = getattr(response, "context_data", {}).get("cl")
        if change_list is not None and change_list.is_counted:
            response.context_data["totals"] = totals(change_list.queryset)
        return response

    @admin.display(description=gettext_lazy("levels"))
    def levels_display(self, obj: Honor) -> str:
        return display_value(column(Honor, "levels"), obj.working_levels)


def totals(rows: QuerySet) -> list[tuple[str, int]]:
    """Count the honours of the filtered list by level and state, with one database query."""
    counts = {
        "all": Count("pk"),
        **{level.value: Count("pk", Q(working_levels__contains=level.value)) for level in Level},
        "live": Count("pk", Q(state=State.LIVE)),
    }
    numbers = rows.order_by().aggregate(**counts)
    labels = {"all": _("In all"), **dict(Level.choices), "live": State.LIVE.label}
    return [(str(label), numbers[name]) for name, label in labels.items() if numbers[name]]
