"""The desk's pages for the site room.

They stand under the roof, because the room itself knows nothing of accounts and roles.
"""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.admin import RoleGatedAdmin
from portal.accounts.roles import Role
from portal.site.models import FriendlyLink, Redirect, SiteSettings


class SiteRoomAdmin(RoleGatedAdmin):
    view_roles = frozenset({Role.AUDITOR})
    edit_roles = frozenset({Role.SITE_ADMIN})


@admin.register(SiteSettings)
class SiteSettingsAdmin(SiteRoomAdmin):
    """One row: its list leads straight to it."""

    fieldsets = (
        (None, {"fields": ("is_live", "name", "short_name", "description", "keywords")}),
        (
            _("Identification in the footer"),
            {
                "fields": (
                    "domain", "site_id_code", "icp_number", "police_number", "sponsor",
                    "organiser", "address", "postcode", "phone", "email",
                ),
                "description": _("A live site must show each of these; organiser, postcode and "
                                 "e-mail may stay empty."),
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
class FriendlyLinkAdmin(SiteRoomAdmin):
    deletable = True
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_display = ("title", "group", "url", "position")
    list_editable = ("position",)
    list_filter = ("group",)
    search_fields = ("title", "url")


@admin.register(Redirect)
class RedirectAdmin(SiteRoomAdmin):
    deletable = True
    list_display = ("old_path", "new_path")
    search_fields = ("old_path", "new_path")
