"""Admin pages of the app ``portal.site``.

This module is in the project package because ``portal.site`` must not import ``portal.accounts``.
"""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _

from portal.accounts.admin import AuditedAdmin, SingletonMixin
from portal.accounts.roles import Role
from portal.publishing.cache_invalidation import CacheInvalidatingAdmin
from portal.site.models import FriendlyLink, Redirect, SiteSettings

from . import redirect_views


class SiteAppAdmin(AuditedAdmin, CacheInvalidatingAdmin):
    """A ModelAdmin of site data, which auditors may view and site administrators may edit."""

    view_roles = frozenset({Role.AUDITOR})
    edit_roles = frozenset({Role.SITE_ADMIN})


@admin.register(SiteSettings)
class SiteSettingsAdmin(SingletonMixin, SiteAppAdmin):
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


@admin.register(FriendlyLink)
class FriendlyLinkAdmin(SiteAppAdmin):
    deletable = True
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_display = ("title", "group", "url", "position")
    list_editable = ("position",)
    list_filter = ("group",)
    search_fields = ("title", "url")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Lock all friendly links in the order of their ids before one is saved.

        The list form saves several links in one transaction; without a common order, two such
        transactions could wait for each other.
        """
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
