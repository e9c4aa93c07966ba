"""The desk's pages for the site room.

They stand under the roof, because the room itself knows nothing of accounts and roles.
"""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.admin import AuditedAdmin
from portal.accounts.roles import Role
from portal.publishing import signals
from portal.site.models import FriendlyLink, Redirect, SiteSettings

from . import redirect_views


class CacheInvalidatingAdmin(admin.ModelAdmin):
    """What readers see, or are led by, without the press: every change turns the pages over, in
    its transaction and before the log is written."""

    #: Whether a page shows it: what was shown may be shown no more, by no copy.
    affects_public_pages = True

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self._tell(forbid_stale=change)

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        super().delete_model(request, obj)
        self._tell()

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        super().delete_queryset(request, queryset)
        self._tell()

    def _tell(self, *, forbid_stale: bool = True) -> None:
        signals.public_listing_changed.send(
            sender=self.model,
            reason=self.opts.label_lower,
            forbid_stale=forbid_stale and self.affects_public_pages,
        )


class SiteAppAdmin(AuditedAdmin, CacheInvalidatingAdmin):
    view_roles = frozenset({Role.AUDITOR})
    edit_roles = frozenset({Role.SITE_ADMIN})


@admin.register(SiteSettings)
class SiteSettingsAdmin(SiteAppAdmin):
    """One row: its list leads straight to it."""

    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    fieldsets = (
        (None, {"fields": ("is_live", "name", "short_name", "description", "keywords")}),
        (
            _("Identification in the footer"),
            {
                "fields": (
                    "domain", "site_id_code", "mark_url", "icp_number", "police_number", "sponsor",
                    "organiser", "address", "postcode", "phone", "email",
                ),
                "description": _("A live site must show each of these; the mark's address, "
                                 "organiser, postcode and e-mail may stay empty."),
            },
        ),
        (
            _("On the English pages"),
            {
                "classes": ("collapse",),
                "fields": ("name_en", "description_en", "sponsor_en", "address_en"),
            },
        ),
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_add_permission(request, obj) and not SiteSettings.objects.exists()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if self.has_view_permission(request) and SiteSettings.objects.exists():
            return HttpResponseRedirect(reverse("admin:site_sitesettings_change", args=[1]))
        return super().changelist_view(request, extra_context)


@admin.register(FriendlyLink)
class FriendlyLinkAdmin(SiteAppAdmin):
    deletable = True
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_display = ("title", "group", "url", "position")
    list_editable = ("position",)
    list_filter = ("group",)
    search_fields = ("title", "url")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The list saves several: all are locked, in one order, before the first is announced."""
        list(FriendlyLink.objects.select_for_update().order_by("pk").values_list("pk"))
        super().save_model(request, obj, form, change)


@admin.register(Redirect)
class RedirectAdmin(SiteAppAdmin):
    deletable = True
    affects_public_pages = False
    list_display = ("old_path", "new_path")
    search_fields = ("old_path", "new_path")

    def get_urls(self) -> list[URLPattern]:
        return [*redirect_views.urls(self), *super().get_urls()]
