"""Admins of articles, columns and topics."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.admin import AuditedAdmin, RolePermissionsMixin
from portal.accounts.roles import NEWSROOM, Role
from portal.accounts.rules import current_user
from portal.http.parameters import parse_number
from portal.publishing import rules
from portal.publishing.admin import PublishableAdmin
from portal.publishing.cache_invalidation import CacheInvalidatingAdmin
from portal.publishing.errors import NotAllowed, Refused
from portal.publishing.models import Publishable

from . import actions
from .models import NAVIGATION_ORDER, Article, Column, Topic, TopicEntry
from .views import article_context


@admin.register(Column)
class ColumnAdmin(AuditedAdmin, CacheInvalidatingAdmin):
    view_roles = NEWSROOM | {Role.SITE_ADMIN, Role.AUDITOR}
    edit_roles = frozenset({Role.SITE_ADMIN})
    list_display = (
        "name",
        "parent",
        "slug",
        "review_steps",
        "update_limit_days",
        "home_block",
        "position",
    )
    list_filter = (("parent", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("name", "slug")
    ordering = NAVIGATION_ORDER
    list_select_related = ("parent",)
    fieldsets = (
        (None, {"fields": ("parent", "name", "slug", "page", "position", "home_block")}),
        (_("On the English pages"), {"fields": ("name_en", "description_en")}),
        (_("In the newsroom"), {"fields": ("review_steps", "update_limit_days")}),
        (_("For inspection and search"), {"fields": ("column_type", "description", "keywords")}),
    )

    def save_model(self, request: HttpRequest, obj: Column, form: Any, change: bool) -> None:
        if change and "parent" in form.changed_data:
            actions.move_column(obj)
        else:
            super().save_model(request, obj, form, change)


class TopicEntryInline(RolePermissionsMixin, admin.TabularInline):
    model = TopicEntry
    extra = 1
    autocomplete_fields = ("article",)
    view_roles = NEWSROOM | {Role.SITE_ADMIN, Role.AUDITOR}
    edit_roles = frozenset({Role.PUBLISHER})
    deletable = True

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Hide unpublished articles from users who may not read unpublished work."""
        rows = super().get_queryset(request)
        if rules.may_read_work(current_user(request), Article):
            return rows
        return rows.filter(article__in=Article.objects.public())


@admin.register(Topic)
class TopicAdmin(AuditedAdmin, CacheInvalidatingAdmin):
    view_roles = TopicEntryInline.view_roles
    edit_roles = TopicEntryInline.edit_roles
    list_display = ("name", "slug", "position")
    search_fields = ("name",)
    inlines = (TopicEntryInline,)


class ColumnChoiceField(forms.ModelChoiceField):
    """Choice field that labels a column by its name together with its parent's name."""

    def label_from_instance(self, obj: Any) -> str:
        return obj.full_name


class ColumnFilter(admin.SimpleListFilter):
    """Filter by the column of the open draft or, if there is none, of the published version."""

    title = _("column")
    parameter_name = "column"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(column.pk), column.full_name) for column in Column.objects.in_order()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        pk = parse_number(self.value() or "")
        return queryset if pk is None else queryset.filter(working_column=pk)


@admin.register(Article)
class ArticleAdmin(PublishableAdmin):
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    reference_fields = {"related": TopicEntry._meta.get_field("article")}
    list_display = (
        "thumbnail",
        "headline",
        "column_name",
        "public_state",
        "work_state",
        "flags",
        "last_saved",
    )
    list_filter = (*PublishableAdmin.list_filter, "pinned", "featured", ColumnFilter)
    list_select_related = ("working_column",)
    sortable_by = ()
    month_field = "published_at"
    actions = (*PublishableAdmin.actions, "pin", "unpin", "feature", "unfeature")
    fieldsets = (
        (None, {"fields": ("column", "kicker", "title", "subtitle", "body", "summary")}),
        (
            _("Where it comes from"),
            {"fields": ("source", "source_url", "author", "responsible_editor")},
        ),
        (
            _("Where it leads"),
            {
                "classes": ("collapse",),
                "fields": ("keywords", "related", "reports", "language", "expires_at"),
            },
        ),
    )

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "column":
            kwargs["queryset"] = Column.objects.in_order()
            kwargs["form_class"] = ColumnChoiceField
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def first_before(self, request: HttpRequest, end: datetime) -> Article | None:
        """Return the newest article published before ``end``; a month's page begins with it."""
        public = Article.objects.public().of_all_columns().defer("body")
        return public.filter(published_at__lt=end).newest_first().first()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request).defer("body", "summary")
        return rows.prefetch_related("picture_rows__image")

    def render_preview(self, request: HttpRequest, draft: Any) -> HttpResponse:
        return render(request, "news/article.html", article_context(draft, preview=True))

    def extra_admin_context(self, request: HttpRequest, obj: Publishable | None) -> dict[str, Any]:
        if obj is None or not actions.may_flag(current_user(request)):
            return {}
        return {"flags_url": self.url("flags", obj)}

    def extra_object_views(self) -> dict[str, tuple[str, Callable]]:
        return {"flags": ("<int:pk>/flags/", flags)}

    @admin.display(description="")
    def thumbnail(self, obj: Article) -> str:
        if obj.cover is None:
            return ""
        return format_html(
            '<img src="{}" alt="" width="72" height="48" class="thumb" loading="lazy">',
            obj.cover.image.thumbnail_url,
        )

    @admin.display(description=_("column"))
    def column_name(self, obj: Article) -> str:
        return obj.working_column.name if obj.working_column else "—"

    @admin.display(description=_("place"))
    def flags(self, obj: Article) -> str:
        labels = [gettext("pinned")] if obj.pinned else []
        labels += [gettext("featured")] if obj.featured else []
        return "，".join(labels)

    @admin.action(description=_("Pin to the top of the column"))
    def pin(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._flag(request, queryset, "pinned", True)

    @admin.action(description=_("No longer pin"))
    def unpin(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._flag(request, queryset, "pinned", False)

    @admin.action(description=_("Let it lead the home page"))
    def feature(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._flag(request, queryset, "featured", True)

    @admin.action(description=_("No longer let it lead the home page"))
    def unfeature(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._flag(request, queryset, "featured", False)

    def _flag(self, request: HttpRequest, queryset: QuerySet, flag: str, value: bool) -> None:
        try:
            for article in queryset:
                actions.set_flag(article=article, flag=flag, value=value, by=current_user(request))
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)

    def get_actions(self, request: HttpRequest) -> dict:
        found = super().get_actions(request)
        if not actions.may_flag(current_user(request)):
            for name in ("pin", "unpin", "feature", "unfeature"):
                found.pop(name, None)
        return found


def flags(admin: ArticleAdmin, request: HttpRequest, obj: Article) -> HttpResponse:
    """Set the flags ``pinned`` and ``featured`` by the form on the article's change page."""
    if request.method == "POST":
        try:
            for flag in sorted(actions.FLAGS):
                value = flag in request.POST
                actions.set_flag(article=obj, flag=flag, value=value, by=current_user(request))
            messages.success(request, gettext("The place of the article is changed."))
        except NotAllowed as refusal:
            raise PermissionDenied(str(refusal)) from refusal
    return HttpResponseRedirect(admin.url("change", obj))
