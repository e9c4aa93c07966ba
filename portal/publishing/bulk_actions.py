"""Workflow actions on many selected objects, each carried out by the action's own function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts.roles import REVIEWERS
from portal.accounts.rules import current_user, has_any_role

from . import actions, content_checks, references, rules
from .admin_base import PublishableAdminBase
from .admin_context import plain_fields, rich_fields
from .admin_filters import content_type_of
from .errors import NotAllowed, Refused
from .models import Revision
from .rules import ACTION_LABELS, Action
from .states import RevisionState


class BulkActions(PublishableAdminBase):
    """A ModelAdmin with actions that submit, release or archive the selected objects."""

    actions: tuple = ("submit_selected", "release_selected", "archive_selected")
    #: Maximum number of objects that one request changes.
    BULK_LIMIT = 500

    @admin.action(description=_("Submit the selected drafts"))
    def submit_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._apply_to_each(
            request,
            queryset,
            lambda obj, revision: actions.submit(
                revision=revision, by=current_user(request), digest=revision.digest
            ),
            Action.SUBMIT,
        )

    @admin.action(description=_("Release the selected approved texts"))
    def release_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._apply_to_each(
            request,
            queryset,
            lambda obj, revision: actions.release(
                revision=revision, by=current_user(request), digest=revision.digest
            ),
            Action.RELEASE,
        )

    @admin.action(description=_("Archive the selected"))
    def archive_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._apply_to_each(
            request,
            queryset,
            lambda obj, revision: actions.archive(obj=obj, by=current_user(request)),
            Action.ARCHIVE,
        )

    def _apply_to_each(
        self, request: HttpRequest, queryset: QuerySet, apply: Callable, action: Action
    ) -> None:
        """Apply an action to at most ``BULK_LIMIT`` objects.

        Messages tell the user the reason of each refusal and the number of changed objects.
        """
        done = 0
        chosen = list(queryset[: self.BULK_LIMIT + 1])
        if len(chosen) > self.BULK_LIMIT:
            # Only objects in a state that permits the action are selected: if the user repeats the
            # action, it continues with the remaining objects.
            chosen = list(self._in_suitable_state(queryset, action)[: self.BULK_LIMIT])
            self.message_user(
                request,
                _("The first %(count)s of them; repeat it for the rest.")
                % {"count": self.BULK_LIMIT},
                messages.WARNING,
            )
        for obj in chosen:
            revision = obj.open_revision
            try:
                rules.require(action, current_user(request), obj, revision)
                apply(obj, revision)
            except Refused as refusal:
                if isinstance(refusal, NotAllowed):
                    actions.log_refusal(action, current_user(request), obj, refusal)
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
                _("%(verb)s: %(count)s done.") % {"verb": ACTION_LABELS[action], "count": done},
                messages.SUCCESS,
            )

    def _in_suitable_state(self, queryset: QuerySet, action: Action) -> QuerySet:
        states = rules.REQUIRED_STATES[action].revisions
        if states is None:
            return queryset
        revisions = Revision.objects.filter(
            content_type=content_type_of(queryset.model), state__in=states
        )
        return queryset.filter(pk__in=revisions.values("object_id"))

    def get_actions(self, request: HttpRequest) -> dict:
        """Return only the bulk actions that the user's roles permit."""
        found = super().get_actions(request)
        subject = self.model()
        allowed = {
            "submit_selected": rules.may_write(request.user, subject),
            "release_selected": rules.may_publish(request.user),
            "archive_selected": rules.may_write(request.user, subject)
            or rules.may_publish(request.user),
        }
        return {name: value for name, value in found.items() if allowed.get(name, True)}


class BulkReview(BulkActions):
    """Bulk actions of models with one review, whose short entries are approved on one page."""

    actions = ("submit_selected", "approve_selected", "release_selected", "archive_selected")

    @admin.action(description=_("Review the selected entries"))
    def approve_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Show all selected entries; when the user confirms, approve each with the digest shown."""
        if "reviewed" not in request.POST and "proofread" not in request.POST:
            return self._review_page(request, queryset)
        self._apply_to_each(
            request,
            queryset,
            lambda obj, revision: actions.approve(
                revision=revision,
                by=current_user(request),
                digest=request.POST.get(f"digest-{obj.pk}", ""),
                comment=request.POST.get("comment", "")[:2000],
                reviewed="reviewed" in request.POST,
                proofread="proofread" in request.POST,
            ),
            Action.APPROVE,
        )
        return None

    def _review_page(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        revisions = [
            revision
            for obj in self._in_suitable_state(queryset, Action.APPROVE)[: self.BULK_LIMIT]
            for revision in obj.open_work
            if revision.state == RevisionState.IN_REVIEW
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Review: %(type)s") % {"type": self.opts.verbose_name_plural},
            "texts": [self._review_context(request, revision) for revision in revisions],
            "list_url": reverse(self.list_route),
            "preview": True,
        }
        return TemplateResponse(request, "admin/publishing/approve_many.html", context)

    def _review_context(self, request: HttpRequest, revision: Revision) -> dict[str, Any]:
        return {
            "revision": revision,
            "draft": revision.as_object(),
            "fields": plain_fields(revision),
            "rich": rich_fields(revision),
            "check_results": content_checks.check_revision(revision),
            "acknowledged": content_checks.acknowledged(revision),
            "links": references.related_links(revision.as_object()),
            "objection": rules.reviewer_objection(current_user(request), revision),
            "url": self.url("change", revision.object_id),
        }

    def get_actions(self, request: HttpRequest) -> dict:
        found = super().get_actions(request)
        if not has_any_role(request.user, REVIEWERS):
            found.pop("approve_selected", None)
        return found
