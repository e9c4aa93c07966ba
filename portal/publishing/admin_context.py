"""The template context of all admin pages of a publishable model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise

from portal.accounts.rules import current_user
from portal.library.richtext import RichTextField

from . import content as contents
from . import rules
from .action_forms import ADMIN_ACTIONS, ActionForm, action_form
from .admin_base import PublishableAdminBase
from .models import Publishable, Revision
from .rules import ACTION_LABELS, Action
from .states import RevisionState, State

#: The admin pages of an object that its navigation links to.
LINKED_PAGES = ("change", "history", "difference", "restore", "preview", "approval-form")
#: The first permitted action of this tuple gets the primary button of the page.
USUAL_ORDER = (Action.APPROVE, Action.RELEASE, Action.SUBMIT, Action.REINSTATE, Action.UNSCHEDULE)


class AdminPageResponse(TemplateResponse):
    """The response of an admin page.

    ``csp`` names the exceptions from the Content-Security-Policy that the page needs, or '' (see
    ``web.headers``).
    """

    def __init__(self, *args: Any, csp: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.csp = csp


@dataclass(frozen=True)
class ActionButton:
    """A workflow action with the form and URL of its button."""

    action: Action
    form: ActionForm
    url: str
    primary: bool

    @property
    def label(self) -> str | Promise:
        return ACTION_LABELS[self.action]

    @property
    def dangerous(self) -> bool:
        return self.action in {Action.WITHDRAW, Action.ARCHIVE}

    @property
    def simple(self) -> bool:
        """Whether the form has no visible field, so that a button is enough."""
        return all(field.is_hidden for field in self.form)


def admin_context(
    admin: PublishableAdminBase,
    request: HttpRequest,
    obj: Publishable | None,
    open_revision: Revision | None,
    *,
    bound: dict[Action, ActionForm] | None = None,
) -> dict[str, Any]:
    """Return the context of every admin page.

    ``bound`` contains the submitted form of an action that was refused.
    """
    user = current_user(request)
    return {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "app_label": admin.opts.app_label,
        "original": obj,
        "object_id": obj.pk if obj else None,
        "open_revision": open_revision,
        "live": obj.live_revision if obj else None,
        "urls": (
            {name.replace("-", "_"): admin.url(name, obj) for name in LINKED_PAGES} if obj else {}
        ),
        "list_url": reverse(admin.list_route),
        "public_url": obj.get_absolute_url() if obj and obj.state == State.LIVE else "",
        "action_buttons": (
            _action_buttons(admin, request, obj, open_revision, bound or {}) if obj else []
        ),
        "objection": _objection(request, obj, open_revision) if obj else "",
        "reviews": (
            list(open_revision.reviews.select_related("reviewer")) if open_revision else []
        ),
        "may_write": rules.is_allowed(Action.SAVE, user, obj or admin.model(), open_revision),
        "may_override": rules.may_override(user),
        **admin.extra_admin_context(request, obj),
    }


def _action_buttons(
    admin: PublishableAdminBase,
    request: HttpRequest,
    obj: Publishable,
    open_revision: Revision | None,
    bound: dict[Action, ActionForm],
) -> list[ActionButton]:
    allowed = rules.actions_for(current_user(request), obj, open_revision)
    offered = [action for action in allowed if action in ADMIN_ACTIONS]
    # The form of a refused action stays on the page with its input, even if the action is no longer
    # permitted.
    offered += [action for action in bound if action not in offered]
    digest = open_revision.digest if open_revision else ""
    primary = next((action for action in USUAL_ORDER if action in offered), None)
    return [
        ActionButton(
            action,
            bound.get(action) or action_form(action, initial={"digest": digest}),
            admin.url("do", obj, action.value),
            primary=action == primary,
        )
        for action in offered
    ]


def _objection(request: HttpRequest, obj: Publishable, revision: Revision | None) -> str:
    """Return why a user with the required role may not give the current review, or ''."""
    user = current_user(request)
    if revision is None or revision.state != RevisionState.IN_REVIEW:
        return ""
    return rules.reviewer_objection(user, revision) if rules.may_review(user, obj, revision) else ""


def plain_fields(revision: Revision) -> list[tuple[str, str]]:
    """Return (label, value) of each non-empty column that is not rich text."""
    fields = contents.upgrade_content(revision.model, revision.content)["fields"]
    rows = []
    for name, value in fields.items():
        field = contents.column(revision.model, name)
        if isinstance(field, RichTextField) or name == revision.model.title_field:
            continue
        if value is not False and (text := contents.display_value(field, value)):
            rows.append((str(field.verbose_name), text))
    return rows


def rich_fields(revision: Revision) -> list[tuple[str, str]]:
    """Return (label, HTML) of each non-empty rich-text column; the label of the body is ''."""
    fields = contents.upgrade_content(revision.model, revision.content)["fields"]
    return [
        ("" if name == "body" else str(field.verbose_name), fields[name])
        for name in fields
        if isinstance(field := contents.column(revision.model, name), RichTextField)
        and fields[name]
    ]
