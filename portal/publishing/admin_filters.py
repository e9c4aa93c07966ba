"""Filters of the admin lists of publishable objects."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.accounts.roles import REVIEWERS

from . import quotes, rules
from .models import Contribution, Publishable, Revision
from .states import EDITABLE, OPEN, RevisionState, State

#: Maximum number of open revisions of one state in the filter, most recently saved first.
OPEN_WORK_LIMIT = 1000
#: Maximum number of open revisions examined for the work that waits for a user, least recently
#: saved first.
WAITING_LIMIT = 500


class StateFilter(admin.ChoicesFieldListFilter):
    """A filter by state that uses an index on LOWER(state), which only the admin lists use.

    With a plain index on the state, SQLite would choose that index for queries by id, too.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.lookup_val is None:
            return queryset
        states = [value for value in self.lookup_val if value in State.values]
        rows = queryset.alias(lowercase_state=Lower("state"))
        # Not IN with one value: SQLite would sort the rows instead of reading them in index order.
        return rows.filter(lowercase_state=states[0]) if states else queryset.none()


class WaitingFilter(admin.SimpleListFilter):
    """A filter by the state of the open revision, or by work that waits for the current user."""

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
                state=self.value(),
                content_type=content_type_of(queryset.model),
                released_at__isnull=True,
            )
            ids = revisions.order_by("-saved_at").values_list("object_id", flat=True)
            return queryset.filter(pk__in=list(ids[:OPEN_WORK_LIMIT]))
        return queryset


def content_type_of(model: type[Publishable]) -> Any:
    """Return the content type that the revisions of a publishable model refer to."""
    return model._meta.get_field("revisions").get_content_type()


def waiting_for(user: Any, model: type[Publishable]) -> list[int]:
    """Return the ids of the objects whose next step this user may take.

    The least recently saved work is first. Texts of a joint change are left out: they wait as a
    whole.
    """
    # A correlated subquery for each open revision is cheaper than a list of all contributions: an
    # active user has contributed to thousands of finished revisions.
    contributed = Exists(Contribution.objects.filter(user=user, revision=OuterRef("pk")))
    wanted = Q(pk__in=())
    if user.has_role(*model.writer_roles):
        wanted |= Q(contributed, state__in=EDITABLE)
    if user.has_role(*REVIEWERS):
        wanted |= Q(~contributed, state=RevisionState.IN_REVIEW)
    if rules.may_publish(user):
        wanted |= Q(state=RevisionState.APPROVED)
    open_work = (
        Revision.objects.filter(
            wanted,
            content_type=content_type_of(model),
            state__in=OPEN,
            released_at__isnull=True,
            proposal__isnull=True,
        )
        .defer("content")
        .prefetch_related("contributions", "reviews")
        .order_by("saved_at")[:WAITING_LIMIT]
    )
    return [revision.object_id for revision in open_work if _waits_for(user, model, revision)]


def _waits_for(user: Any, model: type[Publishable], revision: Revision) -> bool:
    """Return whether this user may take the next step of the revision."""
    contributed = any(row.user_id == user.pk for row in revision.contributions.all())
    match revision.state:
        case RevisionState.DRAFT | RevisionState.RETURNED:
            return contributed and user.has_role(*model.writer_roles)
        case RevisionState.APPROVED:
            return rules.may_publish(user)
        case RevisionState.IN_REVIEW:
            reviewers = [
                review.reviewer_id
                for review in revision.reviews.all()
                if review.verdict == "approve" and review.round == revision.round
            ]
            step = len(reviewers) + 1
            roles = model().stage_roles(step, revision.steps_required)
            return not contributed and user.pk not in reviewers and user.has_role(*roles)
    return False
