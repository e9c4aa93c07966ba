"""The permissions, URLs and form of a publishable model's admin."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from django import forms
from django.apps import apps
from django.contrib.admin import widgets
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.keyset_admin import KeysetAdmin

from . import references, rules
from .choosers import PublicObjectSelect
from .models import Publishable, Reference
from .states import State


class PublishableAdminBase(KeysetAdmin):
    """The permissions, URLs and form of one publishable model; ``admin`` adds list and pages.

    Nothing in this class writes to the database: every change is made by ``actions``.
    """

    #: References that the form edits: role -> relation whose autocomplete field lists the targets.
    reference_fields: ClassVar[dict[str, Any]] = {}

    # Permissions of the workflow

    def has_module_permission(self, request: HttpRequest) -> bool:
        return rules.may_read_work(request.user, self.model)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return rules.may_read_work(request.user, self.model)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and rules.may_write(request.user, self.model)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow readers of unreleased work to open the page; each action checks its permission."""
        return self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: objects are archived instead of deleted."""
        return False

    # URLs of the admin pages

    @property
    def list_route(self) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"

    def route(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def url(self, name: str, *args: Any) -> str:
        """Return the URL of an admin page.

        ``args`` are the objects, ids or other values that its path contains.
        """
        values = [value.pk if isinstance(value, Publishable) else value for value in args]
        return reverse(f"admin:{self.route(name)}", args=values)

    # The form for the content

    def reference_targets(self) -> dict[str, type[Publishable]]:
        """Return the target model of every reference role that the form edits."""
        own = {
            name: relation.remote_field.model for name, relation in self.reference_fields.items()
        }
        offered = references.allowed_links(self.model)
        return own | {role: apps.get_model(label) for role, label in offered.items()}

    def limit_reference_choices(self, form: forms.ModelForm, chosen: dict[str, list[int]]) -> None:
        """Limit references to other apps to public objects and to those that are already chosen."""
        for role, target in self.reference_targets().items():
            if role not in self.reference_fields:
                field: Any = form.fields[role]
                rows = target._default_manager
                field.queryset = rows.filter(Q(state=State.LIVE) | Q(pk__in=chosen[role]))

    def get_content_form(self, request: HttpRequest) -> type[forms.ModelForm]:
        """Return the form class for the content columns and the references."""
        fields = {
            role: forms.ModelMultipleChoiceField(
                apps.get_model(label)._default_manager.none(),
                label=Reference.Role(role).label,
                required=False,
                widget=PublicObjectSelect(apps.get_model(label), self.admin_site),
            )
            for role, label in references.allowed_links(self.model).items()
        }
        fields |= {
            name: forms.ModelMultipleChoiceField(
                relation.remote_field.model._default_manager.all(),
                label=Reference.Role(name).label,
                required=False,
                widget=widgets.AutocompleteSelectMultiple(relation, self.admin_site),
            )
            for name, relation in self.reference_fields.items()
        }
        base = type("ContentForm", (forms.ModelForm,), fields)
        return forms.modelform_factory(
            self.model,
            form=base,
            fields=self.model.content_fields,
            formfield_callback=partial(self.formfield_for_dbfield, request=request),
        )

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Remove links to the admin of related objects, because following one loses the input."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, widgets.RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def content_fieldsets(self, request: HttpRequest) -> list:
        """Return the fieldsets, with a last one for reference roles that no other fieldset names.

        Without a field on the page, the next save would delete the references of that role.
        """
        parts = list(self.fieldsets or [(None, {"fields": list(self.model.content_fields)})])
        named = flatten_fieldsets(parts)
        unnamed = [role for role in self.reference_targets() if role not in named]
        return [*parts, (_("Where it comes from"), {"fields": unnamed})] if unnamed else parts

    # Hooks that subclasses override

    def render_preview(self, request: HttpRequest, draft: Publishable) -> HttpResponse:
        """Render the public page of an object that is not saved, such as a draft."""
        raise NotImplementedError(f"{type(self).__name__} must implement render_preview()")

    def extra_admin_context(self, request: HttpRequest, obj: Publishable | None) -> dict[str, Any]:
        """Return additional template context for the model's admin pages."""
        return {}
