"""The admin of publishable models: the change list and the URLs of its pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from . import admin_search, history_views, preview_views, review_views, views
from .admin_filters import StateFilter, WaitingFilter
from .bulk_actions import BulkActions, BulkReview
from .models import Publishable, Revision


class PublishableAdmin(BulkActions):
    """The change list and the URLs of a publishable model; other modules define the views.

    Every URL checks ``rules.may_read_work`` first; each action checks its own permission.
    """

    list_display: tuple = ("headline", "public_state", "work_state", "last_saved")
    list_display_links = ("headline",)
    list_filter: ClassVar[tuple] = (WaitingFilter, ("state", StateFilter))
    search_fields: ClassVar[tuple] = ("working_title",)
    ordering: ClassVar[tuple] = ("-created_at", "-pk")
    list_per_page = 30
    month_field = "created_at"

    # URLs of the admin pages

    def get_urls(self) -> list:
        pages: dict[str, tuple[str, Callable]] = {
            # Not <int:pk>: Django's widgets reverse this URL with a placeholder instead of an id.
            "change": ("<slug:pk>/change/", views.edit),
            "autosave": ("<int:pk>/autosave/", views.autosave),
            "do": ("<int:pk>/do/<slug:action_name>/", review_views.perform_action),
            "history": ("<int:pk>/history/", history_views.history),
            "difference": ("<int:pk>/diff/", history_views.difference),
            "restore": ("<int:pk>/restore/", history_views.restore),
            "approval-form": ("<int:pk>/approval-form/", history_views.approval_form),
            "preview": ("<int:pk>/preview/", preview_views.preview),
            "preview-page": ("<int:pk>/preview/page/", preview_views.preview_page),
            **self.extra_object_views(),
        }
        return [
            path("", self._list_page(self.changelist_view), name=self.route("changelist")),
            path(
                "add/",
                self._list_page(partial(views.edit, self, obj=None)),
                name=self.route("add"),
            ),
            path(
                "autosave/",
                self._list_page(partial(views.autosave, self, obj=None)),
                name=self.route("autosave-new"),
            ),
            *(
                path(pattern, self._list_page(partial(view, self)), name=self.route(name))
                for name, (pattern, view) in self.extra_list_views().items()
            ),
            *(
                path(pattern, self._object_page(view), name=self.route(name))
                for name, (pattern, view) in pages.items()
            ),
        ]

    def extra_list_views(self) -> dict[str, tuple[str, Callable]]:
        """Return additional pages that belong to no single object.

        The dict maps names to (URL pattern, view); a view takes the arguments (admin, request).
        """
        return {}

    def extra_object_views(self) -> dict[str, tuple[str, Callable]]:
        """Return additional pages of an object.

        The dict maps names to (URL pattern with ``pk``, view); a view takes (admin, request, obj).
        """
        return {}

    def _list_page(self, view: Callable) -> Callable:
        def check_permission(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            if not self.has_view_permission(request):
                raise PermissionDenied
            return view(request, **kwargs)

        return self.admin_site.admin_view(check_permission)

    def _object_page(self, view: Callable) -> Callable:
        def load_object(request: HttpRequest, pk: int | str, **kwargs: Any) -> HttpResponse:
            obj = self.get_object(request, unquote(str(pk)))
            if obj is None:
                raise Http404
            return view(self, request, obj, **kwargs)

        return self._list_page(load_object)

    # The change list

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        return super().changelist_view(
            request, {"title": self.opts.verbose_name_plural, **(extra_context or {})}
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        open_work = Revision.objects.open().select_related("saved_by").prefetch_related("reviews")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("revisions", queryset=open_work, to_attr="open_work"))
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Search with the full-text search of ``admin_search``, or else in ``search_fields``."""
        found = admin_search.find(self.model, search_term)
        if found is None:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(pk__in=found), False

    @admin.display(description=_("title"), ordering="working_title")
    def headline(self, obj: Publishable) -> str:
        return obj.working_title or str(_("(untitled)"))

    @admin.display(description=_("for readers"), ordering="state")
    def public_state(self, obj: Publishable) -> str:
        return format_html(
            '<span class="state state-{}">{}</span>', obj.state, obj.get_state_display()
        )

    @admin.display(description=_("in the newsroom"))
    def work_state(self, obj: Any) -> str:
        for revision in obj.open_work:
            return format_html(
                '<span class="state work-{}">{}</span>',
                revision.state,
                revision.state_summary,
            )
        return "—"

    @admin.display(description=_("last saved"))
    def last_saved(self, obj: Any) -> str:
        for revision in obj.open_work:
            return format_html(
                "{} <span class=quiet>{}</span>",
                _localtime(revision.saved_at),
                revision.saved_by,
            )
        return _localtime(obj.released_at or obj.created_at)


class SingleReviewAdmin(BulkReview, PublishableAdmin):
    """The admin of models that need one review instead of three."""


def _localtime(value: Any) -> str:
    return formats.date_format(timezone.localtime(value), "Y-m-d H:i")
