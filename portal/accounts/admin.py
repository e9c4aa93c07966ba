"""Base classes of the project's admins, and the admins of accounts and of the audit log."""

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import Form, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from portal.accounts.actions import set_roles
from portal.accounts.forms import AccountAddForm, AccountChangeForm
from portal.accounts.keyset_admin import DateByIdFilter, KeysetAdmin, KeysetChangeList
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.accounts.rules import has_any_role
from portal.audit import labels
from portal.audit.actions import log_event
from portal.audit.models import Entry, Head

HISTORY_LIMIT = 200


class RolePermissionsMixin:
    """Mixin for a ModelAdmin or inline: only roles grant permissions, not is_superuser."""

    view_roles: frozenset[Role] = frozenset()
    edit_roles: frozenset[Role] = frozenset()
    deletable = False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return has_any_role(request.user, self.view_roles | self.edit_roles)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return has_any_role(request.user, self.edit_roles)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return has_any_role(request.user, self.edit_roles)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.deletable and has_any_role(request.user, self.edit_roles)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


@dataclass(frozen=True)
class HistoryLine:
    """An audit entry in the form in which an object's history page shows it."""

    entry: Entry

    @property
    def text(self) -> str:
        changes = self.entry.details.get("changes")
        if self.entry.action.startswith("admin.") and changes:
            return LogEntry(change_message=json.dumps(changes)).get_change_message()
        return labels.label(self.entry.action)


class AuditedAdmin(RolePermissionsMixin, KeysetAdmin):
    """A ModelAdmin that checks roles and writes every change to the audit log."""

    object_history_template = "admin/entry_history.html"

    def construct_change_message(
        self, request: HttpRequest, form: Form, formsets: Iterable[Any], add: bool = False
    ) -> list[dict[str, Any]]:
        """Append the old and new values of the changed fields to Django's message."""
        message = super().construct_change_message(request, form, formsets, add)
        if not add and (values := _old_and_new_values(form)):
            message.append({"values": values})
        return message

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._log_event(request, "admin.add", obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._log_event(request, "admin.change", obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> Any:
        """Do nothing:

        Django calls this before it deletes the rows; the delete methods below log each deletion.
        """

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        deleted = copy.copy(obj)  # delete() clears the primary key, which the log needs
        with transaction.atomic():
            super().delete_model(request, obj)
            self._log_event(request, "admin.delete", deleted)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        with transaction.atomic():
            # Lock the rows ordered by id, and before the audit log's head row is locked:
            # transactions that lock rows in different orders deadlock.
            deleted = list(queryset.select_for_update(of=("self",)).order_by("pk"))
            super().delete_queryset(request, queryset)
            for obj in deleted:
                self._log_event(request, "admin.delete", obj)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        entries = Entry.objects.filter(
            object_type=self.opts.label_lower, object_id=unquote(object_id)
        ).order_by("-id")[:HISTORY_LIMIT]
        lines = [HistoryLine(entry) for entry in entries]
        return super().history_view(request, object_id, {"entries": lines, **(extra_context or {})})

    def _log_event(self, request: HttpRequest, action: str, obj: Model, message: Any = ()) -> None:
        with transaction.atomic():
            actor = cast(User, request.user)
            log_event(action=action, obj=obj, actor=actor, details={"changes": list(message)})


class SingletonMixin:
    """Mixin for a model with a single row: forbids a second row, redirects the list to the row."""

    model: type[Model]
    opts: Any
    #: Whether the list page redirects to the change form of the only row.
    skips_list = True
    #: Whether the list page redirects to the add form while the table is empty.
    adds_when_empty = False

    def existing_rows(self) -> QuerySet:
        """Return the rows whose existence forbids adding another one."""
        return self.model._default_manager.order_by("pk")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        permitted: bool = super().has_add_permission(request)  # type: ignore[misc]
        return permitted and not self.existing_rows().exists()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        route = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        row = self.existing_rows().first() if self.skips_list else None
        if row is not None and self.has_view_permission(request):  # type: ignore[attr-defined]
            return HttpResponseRedirect(reverse(f"{route}_change", args=[row.pk]))
        if self.adds_when_empty and self.has_add_permission(request):
            return HttpResponseRedirect(reverse(f"{route}_add"))
        return super().changelist_view(request, extra_context)  # type: ignore[misc]


def _old_and_new_values(form: Form) -> dict[str, list[str]]:
    return {
        name: [_as_text(form.get_initial_for_field(form.fields[name], name)), _as_text(value)]
        for name in form.changed_data
        if "password" not in name and (value := form.cleaned_data.get(name)) is not None
    }


def _as_text(value: Any) -> str:
    if isinstance(value, Model):
        value = value.pk
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(item) for item in value)
    return Truncator("" if value is None else str(value)).chars(200)


# The groups are the fixed roles, which nobody may edit, so Django's admin of groups is removed.
admin.site.unregister(Group)


@admin.register(User)
class AccountAdmin(AuditedAdmin, DjangoUserAdmin):
    """Admin of staff accounts.

    Accounts are deactivated instead of deleted: the history refers to them.
    """

    view_roles = frozenset({Role.AUDITOR})
    edit_roles = frozenset({Role.SECURITY})

    form = AccountChangeForm
    add_form = AccountAddForm
    fieldsets = (
        (None, {"fields": ("username", "password", "full_name", "post")}),
        (_("What this person may do"), {"fields": ("is_active", "is_staff", "roles")}),
        (_("Dates"), {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "full_name", "post", "password1", "password2", "roles")}),
    )
    readonly_fields = ("date_joined", "last_login")
    list_display = ("username", "full_name", "post", "roles", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("username", "full_name", "post")
    sortable_by = ("username",)
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Make the fields for roles and access read-only on the user's own account."""
        fields = tuple(super().get_readonly_fields(request, obj))
        if obj is not None and obj.pk == request.user.pk:
            fields += ("roles", "is_active", "is_staff")
        return fields

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        if "roles" in form.cleaned_data:
            by = cast(User, request.user)
            set_roles(user=form.instance, roles=form.cleaned_data["roles"], by=by)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return str(_(", ")).join(str(role.label) for role in Role if role in user.roles)


class KnownValuesFilter(admin.SimpleListFilter):
    """A filter whose choices are the distinct values of a column, read by a loose index scan."""

    parameter_name: str

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        known = Entry.objects.distinct_values(self.parameter_name)
        return [(value, labels.label(value)) for value in known]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset


class ActionFilter(KnownValuesFilter):
    title = _("action")
    parameter_name = "action"


class ResultFilter(KnownValuesFilter):
    title = _("result")
    parameter_name = "result"


def hide_unreadable(request: HttpRequest, entry: Entry) -> None:
    """Remove the words of an object that the user may not read from an unsaved copy of its entry.

    Titles of drafts, reasons and old values belong to the readers of the object. Auditors read all.
    """
    if not entry.object_type or may_read_entries_of(request, entry.object_type):
        return
    try:
        kind = str(apps.get_model(entry.object_type)._meta.verbose_name)
    except LookupError:  # a model of an earlier version
        kind = entry.object_type
    entry.object_label = f"{kind} {entry.object_id}".strip()
    entry.details = {}


def may_read_entries_of(request: HttpRequest, object_type: str) -> bool:
    """Return whether the user may read the words that entries about this kind of object contain."""
    if has_any_role(request.user, {Role.AUDITOR}):
        return True
    try:
        model_admin = admin.site.get_model_admin(apps.get_model(object_type))
    except (LookupError, NotRegistered):
        return False
    return model_admin.has_view_permission(request)


class EntryChangeList(KeysetChangeList):
    """The list of entries, without the words of objects that the user may not read."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        for entry in self.result_list:
            hide_unreadable(request, entry)


@admin.register(Entry)
class EntryAdmin(AuditedAdmin):
    """Read-only admin of the audit log; database triggers refuse changes by other clients too."""

    #: Columns that may contain words of an object: only auditors may search and filter by them.
    WORDS = frozenset({"object_label", "details", "hash", "previous_hash"})

    view_roles = frozenset({Role.AUDITOR, Role.SECURITY})

    list_display = ("id", "at", "actor_label", "action_name", "object_label", "result", "address")
    list_filter = (("at", DateByIdFilter), ActionFilter, ResultFilter)
    search_fields = ("actor_label", "object_label", "object_id__exact")
    search_help_text = _("Part of the actor's or the object's name, or the object's number")
    ordering = ("-id",)
    sortable_by = ()
    month_field = "at"
    list_per_page = 50
    fields = (
        "id", "at", "actor_id", "actor_label", "address", "action", "object_type", "object_id",
        "object_label", "result", "formatted_details", "previous_hash", "hash",
    )  # fmt: skip
    readonly_fields = ("formatted_details",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return EntryChangeList

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Entry | None:
        entry = cast(Entry | None, super().get_object(request, *args, **kwargs))
        if entry is not None:
            hide_unreadable(request, entry)
        return entry

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        fields = list(super().get_search_fields(request))
        if not has_any_role(request.user, {Role.AUDITOR}):
            fields = [field for field in fields if field not in self.WORDS]
        return fields

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse filters by words of objects: each would answer a question about a hidden title."""
        is_auditor = has_any_role(request.user, {Role.AUDITOR})
        if not is_auditor and lookup.partition("__")[0] in self.WORDS:
            return False
        return super().lookup_allowed(lookup, value, request)

    def get_known_total(self) -> int | None:
        """Return the newest entry's sequence number: numbers have no gaps, so it is the total."""
        return Head.objects.values_list("sequence", flat=True).first() or 0

    @admin.display(description=_("action"))
    def action_name(self, entry: Entry) -> str:
        return labels.label(entry.action)

    @admin.display(description=_("details"))
    def formatted_details(self, entry: Entry) -> str:
        return json.dumps(entry.details, ensure_ascii=False, indent=2)
