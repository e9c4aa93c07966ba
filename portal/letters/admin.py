"""Admin of letters and of their settings. The text that the sender wrote cannot be edited."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.admin import AuditedAdmin, SingletonMixin

from . import admin_views, receipts
from .models import Letter, LetterSettings
from .rules import HANDLER_ROLES, SETTINGS_EDITOR_ROLES, SETTINGS_VIEWER_ROLES
from .states import State

#: CSS class (``workflow.css``) of the shape that the list shows beside the name of each state.
STATE_CLASSES = {
    State.NEW: "",
    State.IN_HAND: "work-in_review",
    State.ANSWERED: "work-approved",
    State.CLOSED: "work-discarded",
}


class DueFilter(admin.SimpleListFilter):
    title = gettext_lazy("answer due")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("not settled yet")), ("over", _("late"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        match self.value():
            case "open":
                return queryset.waiting()
            case "over":
                return queryset.overdue(timezone.localdate())
        return queryset


@admin.register(Letter)
class LetterAdmin(AuditedAdmin):
    """Admin of letters, which cannot be added or deleted; ``admin_views`` runs the actions."""

    edit_roles = HANDLER_ROLES
    list_display = ("receipt", "kind", "state_label", "due", "beginning", "taken_by")
    list_filter = (DueFilter, "state", "kind")
    list_select_related = ("taken_by",)
    search_fields = ("text", "page", "name", "phone", "email")
    search_help_text = gettext_lazy("The receipt number, or words of the letter, a name, a number")
    ordering = ("sort_key", "pk")
    sortable_by = ()
    list_per_page = 50
    actions = None

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Letter]:
        return super().get_queryset(request).defer("answer")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        if number := receipts.read(search_term):
            return queryset.filter(receipt=number), False
        return super().get_search_results(request, queryset, search_term)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return admin_views.letter(self, request, object_id)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the section of the letter's change page that shows the log."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(admin_views.url("change", object_id) + "#log")

    @admin.display(description=gettext_lazy("state"))
    def state_label(self, letter: Letter) -> SafeString:
        css_class = STATE_CLASSES[State(letter.state)]
        return format_html(
            '<span class="state {}">{}</span>', css_class, letter.get_state_display()
        )

    @admin.display(description=gettext_lazy("answer due"))
    def due(self, letter: Letter) -> SafeString | str:
        if not letter.is_open:
            return ""
        day = f"{letter.due_on:%Y-%m-%d}"
        if not letter.is_overdue:
            return day
        return format_html('{} <strong><span aria-hidden="true">▲</span> {}</strong>', day,
                           _("late"))  # fmt: skip

    @admin.display(description=gettext_lazy("letter"))
    def beginning(self, letter: Letter) -> str:
        return Truncator(letter.text).chars(40)


@admin.register(LetterSettings)
class LetterSettingsAdmin(SingletonMixin, AuditedAdmin):
    adds_when_empty = True
    view_roles = SETTINGS_VIEWER_ROLES
    edit_roles = SETTINGS_EDITOR_ROLES
