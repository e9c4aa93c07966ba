"""Admin pages that show a revision read-only, and the workflow actions on it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from portal.accounts.rules import current_user

from . import actions, content_checks, diff, references, rules
from .action_forms import ADMIN_ACTIONS, ActionForm, action_form
from .admin_base import PublishableAdminBase
from .admin_context import admin_context, plain_fields, rich_fields
from .errors import Conflict, NotAllowed, Refused
from .models import Publishable, Revision
from .rules import Action


def review_page(
    admin: PublishableAdminBase,
    request: HttpRequest,
    obj: Publishable,
    open_revision: Revision | None,
    *,
    bound: dict[Action, ActionForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the newest revision read-only, with its changes and the buttons of the actions."""
    revision = open_revision or obj.newest_revision
    live = obj.live_revision
    compared = live if live and revision and live.pk != revision.pk else None
    changes = (
        diff.changes(type(obj), compared.content, revision.content) if compared and revision else []
    )
    context = {
        **admin_context(admin, request, obj, open_revision, bound=bound),
        "title": str(obj),
        "revision": revision,
        "draft": revision.as_object() if revision else None,
        "fields": plain_fields(revision) if revision else [],
        "rich": rich_fields(revision) if revision else [],
        "check_results": content_checks.check_revision(open_revision)
        if open_revision
        else content_checks.check_live_text(obj),
        "acknowledged": content_checks.acknowledged(open_revision),
        "links": references.related_links(revision.as_object()) if revision else [],
        "compared": compared,
        "changes": changes,
        "since_return": _changes_since_return(revision) if revision else [],
        "preview": True,
    }
    return TemplateResponse(request, "admin/publishing/review.html", context, status=status)


def _changes_since_return(revision: Revision) -> list[diff.Change]:
    """Compare the text with the version that a reviewer returned last."""
    last = revision.reviews.filter(verdict="return").order_by("-pk").first()
    if last is None or last.digest == revision.digest:
        return []
    then = revision.snapshots.filter(digest=last.digest).order_by("-version").first()
    return diff.changes(revision.model, then.content, revision.content) if then else []


def perform_action(
    admin: PublishableAdminBase, request: HttpRequest, obj: Publishable, action_name: str
) -> HttpResponse:
    """Perform the action that the URL names; if it is refused, show its form with the input."""
    if action_name not in {action.value for action in ADMIN_ACTIONS}:
        raise Http404
    if request.method != "POST":
        return HttpResponseRedirect(admin.url("change", obj))
    action = Action(action_name)
    revision = obj.open_revision
    form = action_form(action, request.POST)
    try:
        rules.require_role(action, current_user(request), obj, revision)
        if form.is_valid():
            _call_action(action, request, obj, revision, form)
            messages.success(request, str(ADMIN_ACTIONS[action].success_message))
            return HttpResponseRedirect(admin.url("change", obj))
        status = 422
    except Refused as refusal:
        status = report_refusal(request, action, obj, refusal)
    obj.refresh_from_db()
    current = obj.open_revision
    # The page shows the current text, so the form must contain the current digest.
    form.data = {**request.POST.dict(), "digest": current.digest if current else ""}
    return review_page(admin, request, obj, current, bound={action: form}, status=status)


def _call_action(
    action: Action,
    request: HttpRequest,
    obj: Publishable,
    revision: Revision | None,
    form: ActionForm,
) -> None:
    """Call the function of the action with the arguments that ``ADMIN_ACTIONS`` specifies."""
    entry = ADMIN_ACTIONS[action]
    arguments: dict[str, Any] = {"by": current_user(request), **form.arguments()}
    if entry.takes_object:
        arguments["obj"] = obj
    else:
        rules.require_state(action, obj, revision)
        arguments["revision"] = revision
    if entry.takes_digest:
        arguments["digest"] = form.cleaned_data["digest"]
    actions.ACTION_FUNCTIONS[action](**arguments)


def report_refusal(request: HttpRequest, action: Action, obj: Publishable, refusal: Refused) -> int:
    """Show the reason to the user, log a missing permission, and return the HTTP status."""
    messages.error(request, str(refusal))
    if isinstance(refusal, NotAllowed):
        actions.log_refusal(action, current_user(request), obj, refusal)
        return 403
    return 409 if isinstance(refusal, Conflict) else 422
