"""The desk of every publishable: the list, and the addresses of its pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin import widgets
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from portal.accounts.keyset_admin import KeysetAdmin
from portal.accounts.roles import REVIEWERS
from portal.accounts.rules import current_user, has_any_role

from . import actions, admin_search, content_checks, history_views, quotes, references, rules, views
from .choosers import PublicObjectSelect
from .errors import NotAllowed, Refused
from .models import Contribution, Publishable, Reference, Revision
from .rules import Action
from .states import EDITABLE, OPEN, RevisionState, State

#: So much work in one state is looked at, what was saved last.
WAITING_LIMIT = 1000


class StateFilter(admin.ChoicesFieldListFilter):
    """By state, through an index that the desk's lists alone can open.

    A plain index that begins with the state would be SQLite's choice wherever ids are given.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.lookup_val is None:
            return queryset
        states = [value for value in self.lookup_val if value in State.values]
        rows = queryset.alias(lowercase_state=Lower("state"))
        # Not IN a list of one: SQLite would sort what it finds.
        return rows.filter(lowercase_state=states[0]) if states else queryset.none()


class WaitingFilter(admin.SimpleListFilter):
    """What waits for the person who asks."""

    title = _("waiting")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("me", _("Waits for me")),
            ("draft", _("Drafts")),
            ("in_review", _("In review")),
            ("returned", _("Returned")),
            ("approved", _("Approved, to be released")),
            ("scheduled", _("Scheduled")),
            ("stale", _("Quotes a figure that has changed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "me":
            return queryset.filter(pk__in=waiting_for(request.user, queryset.model))
        if self.value() == "stale":
            return queryset.filter(pk__in=quotes.stale_sources(queryset.model))
        if self.value() in OPEN:
            revisions = Revision.objects.filter(
                state=self.value(), content_type=_type(queryset), released_at__isnull=True
            )
            saved_last = revisions.order_by("-saved_at").values_list("object_id", flat=True)
            return queryset.filter(pk__in=list(saved_last[:WAITING_LIMIT]))
        return queryset


def _type(queryset: QuerySet) -> Any:
    return queryset.model._meta.get_field("revisions").get_content_type()


def waiting_for(user: Any, model: type[Publishable]) -> list[int]:
    """The ids of the objects on which this person can do the next step, oldest work first."""
    content_type = model._meta.get_field("revisions").get_content_type()
    # Asked of each piece of open work: of a busy person there are thousands that are finished.
    mine = Exists(Contribution.objects.filter(user=user, revision=OuterRef("pk")))
    wanted = Q(pk__in=())
    if user.has_role(*model.writer_roles):
        wanted |= Q(mine, state__in=EDITABLE)
    if user.has_role(*REVIEWERS):
        wanted |= Q(~mine, state=RevisionState.IN_REVIEW)
    if rules.may_publish(user):
        wanted |= Q(state=RevisionState.APPROVED)
    open_work = (
        Revision.objects.filter(
            wanted, content_type=content_type, state__in=OPEN, released_at__isnull=True
        )
        .defer("content")
        .prefetch_related("contributions", "reviews")
        .order_by("saved_at")[:500]
    )
    return [revision.object_id for revision in open_work if _waits_for(user, model, revision)]


def _waits_for(user: Any, model: type[Publishable], revision: Revision) -> bool:
    mine = any(row.user_id == user.pk for row in revision.contributions.all())
    match revision.state:
        case RevisionState.DRAFT | RevisionState.RETURNED:
            return mine and user.has_role(*model.writer_roles)
        case RevisionState.APPROVED:
            return rules.may_publish(user)
        case RevisionState.IN_REVIEW:
            given = [
                review.reviewer_id
                for review in revision.reviews.all()
                if review.verdict == "approve" and review.round == revision.round
            ]
            step = len(given) + 1
            roles = model().stage_roles(step, revision.steps_required)
            return not mine and user.pk not in given and user.has_role(*roles)
    return False


class PublishableAdmin(KeysetAdmin):
    """The stock admin's list; the pages behind it are ``publishing.views``.

    Nothing here writes a row: every change goes through ``actions``. Every address asks
    ``rules.may_read_work`` first, and what each does is asked again by its verb.
    """

    #: Roles of references that the form edits, and the relation whose autocomplete offers targets.
    reference_fields: ClassVar[dict[str, Any]] = {}
    #: Templates and pages of the type's own.
    list_display: tuple = ("headline", "public_state", "work_state", "last_saved")
    list_display_links = ("headline",)
    list_filter: ClassVar[tuple] = (WaitingFilter, ("state", StateFilter))
    search_fields: ClassVar[tuple] = ("working_title",)
    ordering: ClassVar[tuple] = ("-created_at", "-pk")
    list_per_page = 30
    month_field = "created_at"
    actions: tuple = ("submit_selected", "release_selected", "archive_selected")

    # --- permission: the press's rules, nothing else -------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return rules.may_read_work(request.user, self.model)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return rules.may_read_work(request.user, self.model)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and rules.may_write(request.user, self.model)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may open the page; what he may do there, each verb decides."""
        return self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: to delete means to archive, which is a verb."""
        return False

    # --- addresses ------------------------------------------------------------------------------

    @property
    def list_route(self) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"

    def route(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def url(self, name: str, *args: Any) -> str:
        """The address of one of the pages below, of an object where one is given."""
        values = [value.pk if isinstance(value, Publishable) else value for value in args]
        return reverse(f"admin:{self.route(name)}", args=values)

    def get_urls(self) -> list:
        pages: dict[str, tuple[str, Callable]] = {
            # Not an int: Django's own widgets name this address with a placeholder for the number.
            "change": ("<slug:pk>/change/", views.edit),
            "autosave": ("<int:pk>/autosave/", views.autosave),
            "do": ("<int:pk>/do/<slug:action_name>/", views.do),
            "history": ("<int:pk>/history/", history_views.history),
            "difference": ("<int:pk>/diff/", history_views.difference),
            "restore": ("<int:pk>/restore/", history_views.restore),
            "approval-form": ("<int:pk>/approval-form/", history_views.approval_form),
            "preview": ("<int:pk>/preview/", history_views.preview),
            "preview-page": ("<int:pk>/preview/page/", history_views.preview_page),
            **self.extra_object_views(),
        }
        return [
            path("", self._page(self.changelist_view), name=self.route("changelist")),
            path("add/", self._page(partial(views.edit, self, obj=None)), name=self.route("add")),
            path(
                "autosave/",
                self._page(partial(views.autosave, self, obj=None)),
                name=self.route("autosave-new"),
            ),
            *(
                path(pattern, self._page(partial(view, self)), name=self.route(name))
                for name, (pattern, view) in self.extra_list_views().items()
            ),
            *(
                path(pattern, self._object_page(view), name=self.route(name))
                for name, (pattern, view) in pages.items()
            ),
        ]

    def extra_list_views(self) -> dict[str, tuple[str, Callable]]:
        """More pages of the whole list: name -> (pattern, view(admin, request))."""
        return {}

    def extra_object_views(self) -> dict[str, tuple[str, Callable]]:
        """More pages of an object: name -> (pattern with <int:pk>, view(admin, request, obj))."""
        return {}

    def _page(self, view: Callable) -> Callable:
        def asked(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            if not self.has_view_permission(request):
                raise PermissionDenied
            return view(request, **kwargs)

        return self.admin_site.admin_view(asked)

    def _object_page(self, view: Callable) -> Callable:
        def found(request: HttpRequest, pk: int | str, **kwargs: Any) -> HttpResponse:
            obj = self.get_object(request, unquote(str(pk)))
            if obj is None:
                raise Http404
            return view(self, request, obj, **kwargs)

        return self._page(found)

    # --- the form -------------------------------------------------------------------------------

    def reference_targets(self) -> dict[str, type[Publishable]]:
        """role -> the type its links lead to, for every role that the form edits."""
        own = {
            name: relation.remote_field.model for name, relation in self.reference_fields.items()
        }
        offered = references.allowed_links(self.model)
        return own | {role: apps.get_model(label) for role, label in offered.items()}

    def limit_reference_choices(self, form: forms.ModelForm, chosen: dict[str, list[int]]) -> None:
        """Links across rooms lead to what is public; what was chosen before stays in the form."""
        for role, target in self.reference_targets().items():
            if role not in self.reference_fields:
                field: Any = form.fields[role]
                rows = target._default_manager
                field.queryset = rows.filter(Q(state=State.LIVE) | Q(pk__in=chosen[role]))

    def get_content_form(self, request: HttpRequest) -> type[forms.ModelForm]:
        """The form over the content columns and the references that it edits."""
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
        """Without the admin's shortcuts to other tables: a click there would leave the text."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, widgets.RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def content_fieldsets(self, request: HttpRequest) -> list:
        """As ``fieldsets``; a type says its own.

        A role that the roof offers and no part names gets a part of its own: a link that is not on
        the page would be lost with the next save.
        """
        parts = list(self.fieldsets or [(None, {"fields": list(self.model.content_fields)})])
        named = flatten_fieldsets(parts)
        unnamed = [role for role in self.reference_targets() if role not in named]
        return [*parts, (_("Where it comes from"), {"fields": unnamed})] if unnamed else parts

    def render_preview(self, request: HttpRequest, draft: Publishable) -> HttpResponse:
        """The type's public page, of an object that stands in memory."""
        raise NotImplementedError(f"{type(self).__name__} says how its page is previewed")

    def extra_admin_context(self, request: HttpRequest, obj: Publishable | None) -> dict[str, Any]:
        """More for the desk's pages of this type."""
        return {}

    # --- the list -------------------------------------------------------------------------------

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
        """In the list's order, page by page, whoever has searched."""
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

    # --- many at once: the ordinary verbs, one by one -------------------------------------------

    #: So many in one go; more would keep the person, and the database, waiting too long.
    BULK_LIMIT = 500

    @admin.action(description=_("Submit the selected drafts"))
    def submit_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(
            request,
            queryset,
            lambda obj, revision: actions.submit(
                revision=revision, by=current_user(request), digest=revision.digest
            ),
            Action.SUBMIT,
        )

    @admin.action(description=_("Release the selected approved texts"))
    def release_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(
            request,
            queryset,
            lambda obj, revision: actions.release(
                revision=revision, by=current_user(request), digest=revision.digest
            ),
            Action.RELEASE,
        )

    @admin.action(description=_("Archive the selected"))
    def archive_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(
            request,
            queryset,
            lambda obj, revision: actions.archive(obj=obj, by=current_user(request)),
            Action.ARCHIVE,
        )

    def _each(
        self, request: HttpRequest, queryset: QuerySet, apply: Callable, verb: Action
    ) -> None:
        done = 0
        chosen = list(queryset[: self.BULK_LIMIT + 1])
        if len(chosen) > self.BULK_LIMIT:
            # Of a long list those on which the verb makes sense now: the next time, the next ones.
            chosen = list(self._ready(queryset, verb)[: self.BULK_LIMIT])
            self.message_user(
                request,
                _("The first %(count)s of them; repeat it for the rest.")
                % {"count": self.BULK_LIMIT},
                messages.WARNING,
            )
        for obj in chosen:
            revision = obj.open_revision
            try:
                rules.require(verb, current_user(request), obj, revision)
                apply(obj, revision)
            except Refused as refusal:
                if isinstance(refusal, NotAllowed):
                    actions.log_refusal(verb, current_user(request), obj, refusal)
                self.message_user(
                    request,
                    _("“%(title)s”: %(why)s") % {"title": obj, "why": refusal},
                    messages.ERROR,
                )
            else:
                done += 1
        if done:
            self.message_user(
                request,
                _("%(verb)s: %(count)s done.") % {"verb": rules.ACTION_LABELS[verb], "count": done},
                messages.SUCCESS,
            )

    def _ready(self, queryset: QuerySet, verb: Action) -> QuerySet:
        states = rules.REQUIRED_STATES[verb].revisions
        if states is None:
            return queryset
        work = Revision.objects.filter(content_type=_type(queryset), state__in=states)
        return queryset.filter(pk__in=work.values("object_id"))

    def get_actions(self, request: HttpRequest) -> dict:
        """Only those of the person's own roles."""
        found = super().get_actions(request)
        subject = self.model()
        needed = {
            "submit_selected": rules.may_write(request.user, subject),
            "release_selected": rules.may_publish(request.user),
            "archive_selected": rules.may_write(request.user, subject)
            or rules.may_publish(request.user),
        }
        return {name: value for name, value in found.items() if needed.get(name, True)}


class SingleReviewAdmin(PublishableAdmin):
    """Types with one review: a reviewer may give it to many short entries on one page."""

    actions = ("submit_selected", "approve_selected", "release_selected", "archive_selected")

    @admin.action(description=_("Review the selected entries"))
    def approve_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """First the page with all of them, then their approvals, each bound to what it showed."""
        if "reviewed" in request.POST or "proofread" in request.POST:
            confirmed = {name: name in request.POST for name in ("reviewed", "proofread")}
            self._each(
                request,
                queryset,
                lambda obj, revision: actions.approve(
                    revision=revision,
                    by=current_user(request),
                    digest=request.POST.get(f"digest-{obj.pk}", ""),
                    comment=request.POST.get("comment", "")[:2000],
                    **confirmed,
                ),
                Action.APPROVE,
            )
            return None
        waiting = [
            revision
            for obj in self._ready(queryset, Action.APPROVE)[: self.BULK_LIMIT]
            for revision in obj.open_work
            if revision.state == RevisionState.IN_REVIEW
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Review: %(type)s") % {"type": self.opts.verbose_name_plural},
            "texts": [
                {
                    "revision": revision,
                    "draft": revision.as_object(),
                    "fields": views.plain_fields(revision),
                    "rich": views.rich_fields(revision),
                    "check_results": content_checks.check_revision(revision),
                    "acknowledged": content_checks.acknowledged(revision),
                    "links": references.related_links(revision.as_object()),
                    "objection": rules.reviewer_objection(current_user(request), revision),
                    "url": self.url("change", revision.object_id),
                }
                for revision in waiting
            ],
            "list_url": reverse(self.list_route),
            "preview": True,
        }
        return TemplateResponse(request, "admin/publishing/approve_many.html", context)

    def get_actions(self, request: HttpRequest) -> dict:
        found = super().get_actions(request)
        if not has_any_role(request.user, REVIEWERS):
            found.pop("approve_selected", None)
        return found


def _localtime(value: Any) -> str:
    return formats.date_format(timezone.localtime(value), "Y-m-d H:i")
