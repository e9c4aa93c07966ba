"""Admin pages of joint changes: propose one, read all its texts on one page, review and release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from portal.accounts.rules import current_user
from portal.library.models import Attachment, Image, MediaFile

from . import actions, content_checks, diff, rules
from .action_forms import ActionForm, ApproveForm, OverrideForm, ReturnForm
from .actions import proposing
from .errors import Refused
from .guards import publishable_models
from .models import MediaProposal, Revision
from .rules import Action
from .states import ChangeKind, RevisionState

#: Number of proposals that the list shows, newest first.
MAX_LISTED = 100
#: The models of the files, by the name that URLs contain.
FILE_MODELS: dict[str, type[MediaFile]] = {"image": Image, "attachment": Attachment}


class ProposalForm(forms.Form):
    """The texts of a proposal, and what its corrections say to readers."""

    texts = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one text.")},
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of change"),
        choices=[choice for choice in ChangeKind.choices if choice[0]],
        initial=ChangeKind.TYPOGRAPHICAL,
    )
    public_note = forms.CharField(
        label=gettext_lazy("Note for readers"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Each of the pages shows it in its list of corrections."),
    )


@dataclass(frozen=True)
class Step:
    """A step that users take on a whole proposal: its form and its function."""

    label: Any
    form: type[ActionForm]
    function: Callable[..., Any]
    message: Any


#: By the name in URLs, which is that of the action on a single text if there is one.
STEPS = {
    "approve": Step(
        rules.ACTION_LABELS[Action.APPROVE],
        ApproveForm,
        actions.approve_proposal,
        gettext_lazy("Your review of all texts is recorded."),
    ),
    "release": Step(
        rules.ACTION_LABELS[Action.RELEASE],
        OverrideForm,
        actions.release_proposal,
        gettext_lazy("Released: the public reads all texts now."),
    ),
    "return": Step(
        rules.ACTION_LABELS[Action.RETURN],
        ReturnForm,
        actions.return_proposal,
        gettext_lazy("Returned to the writer with your comment."),
    ),
    "cancel": Step(
        gettext_lazy("Cancel"),
        ActionForm,
        actions.cancel_proposal,
        gettext_lazy("Cancelled. The texts are free again."),
    ),
}


def _readers_only(view: Callable) -> Callable:
    """Admit only users who may read unreleased work of any publishable model."""

    @wraps(view)
    def check_permission(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not any(rules.may_read_work(request.user, model) for model in publishable_models()):
            raise PermissionDenied
        return view(request, **kwargs)

    return admin.site.admin_view(check_permission)


@_readers_only
def proposals(request: HttpRequest) -> HttpResponse:
    """List the newest proposals that the user may read, the open ones first."""
    rows = MediaProposal.objects.select_related("image", "attachment", "created_by")
    found = rules.readable_proposals(request.user, rows.order_by("-pk")[:MAX_LISTED])
    found.sort(key=lambda row: not row.is_open)
    context = {
        **admin.site.each_context(request),
        "title": MediaProposal._meta.verbose_name_plural,
        "proposals": found,
    }
    return TemplateResponse(request, "admin/publishing/proposals.html", context)


@_readers_only
def propose(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Show which texts would change and how; propose the change for the chosen ones."""
    if kind not in FILE_MODELS:
        raise Http404
    by = current_user(request)
    if not any(rules.may_write(by, model) for model in publishable_models()):
        raise PermissionDenied
    media_file = get_object_or_404(FILE_MODELS[kind], pk=pk)
    planned = proposing.plan(media_file, by)
    possible = [text for text in planned if not text.obstacle]
    form = ProposalForm(
        request.POST or None, initial={"texts": [t.key for t in possible]}, label_suffix="："
    )
    field: Any = form.fields["texts"]
    field.choices = [(text.key, str(text.obj)) for text in possible]
    if len(possible) > proposing.MAX_TEXTS:
        form.initial["texts"] = form.initial["texts"][: proposing.MAX_TEXTS]
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.propose(
                media_file=media_file,
                by=by,
                keys=form.cleaned_data["texts"],
                kind=form.cleaned_data["kind"],
                public_note=form.cleaned_data["public_note"],
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Submitted. The reviewers see it now."))
            return HttpResponseRedirect(made.get_admin_url())
    status = 422 if request.method == "POST" else 200
    context = {
        **admin.site.each_context(request),
        "title": _("Propose the change for all texts"),
        **_propose_context(media_file, form, planned),
    }
    return TemplateResponse(request, "admin/publishing/propose.html", context, status=status)


def _propose_context(
    media_file: MediaFile, form: ProposalForm, planned: list[proposing.PlannedText]
) -> dict[str, Any]:
    chosen = form["texts"].value() or []
    name = f"admin:{media_file._meta.app_label}_{media_file._meta.model_name}_change"
    return {
        "media_file": media_file,
        "file_url": reverse(name, args=[media_file.pk]),
        "form": form,
        "texts": [
            (text, text.changes, text.key in chosen) for text in planned if not text.obstacle
        ],
        "left_out": [text for text in planned if text.obstacle],
    }


@_readers_only
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show all texts of a proposal with their changes, and the steps that the user may take."""
    return _proposal_page(request, _get_proposal(request, pk))


@_readers_only
@require_POST
def take_step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Take a step on all texts of a proposal; if it is refused, show its form with the input."""
    if step not in STEPS:
        raise Http404
    found = _get_proposal(request, pk)
    by = current_user(request)
    if not _may_take(step, request, _revisions(found)):
        raise PermissionDenied
    form = _form(step, request.POST)
    if form.is_valid():
        arguments = form.arguments()
        if step != "cancel":
            arguments["digest"] = form.cleaned_data["digest"]
        try:
            STEPS[step].function(proposal=found, by=by, **arguments)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, str(STEPS[step].message))
            return HttpResponseRedirect(found.get_admin_url())
    found.refresh_from_db()
    # The page shows the current texts, so the form must contain their digest.
    form.data = {**request.POST.dict(), "digest": found.digest()}
    return _proposal_page(request, found, bound={step: form}, status=422)


def _get_proposal(request: HttpRequest, pk: int) -> MediaProposal:
    found = get_object_or_404(MediaProposal, pk=pk)
    if not rules.readable_proposals(request.user, [found]):
        raise PermissionDenied
    return found


def _proposal_page(
    request: HttpRequest,
    found: MediaProposal,
    *,
    bound: dict[str, ActionForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    revisions = _revisions(found)
    digest, objection = found.digest(), _objection(request, revisions)
    offered = [
        (name, STEPS[name], _form(name, initial={"digest": digest}))
        for name in STEPS
        if found.is_open
        and _may_take(name, request, revisions)
        and not (name == "approve" and objection)
    ]
    texts = [_text_context(request, revision) for revision in revisions]
    context = {
        **admin.site.each_context(request),
        "title": _("Joint change: %(file)s") % {"file": found},
        "proposal": found,
        "texts": texts,
        "objection": objection,
        "steps": [(name, step, (bound or {}).get(name, form)) for name, step, form in offered],
        "may_override": rules.may_override(current_user(request))
        and any(text["check_results"] for text in texts),
    }
    return TemplateResponse(request, "admin/publishing/proposal.html", context, status=status)


def _revisions(found: MediaProposal) -> list[Revision]:
    """Return the open revisions of an open proposal, or all revisions of a closed one."""
    if found.is_open:
        return found.open_revisions()
    return list(found.revisions.order_by("content_type", "object_id"))


def _text_context(request: HttpRequest, revision: Revision) -> dict[str, Any]:
    opts = revision.model._meta
    name = f"admin:{opts.app_label}_{opts.model_name}_change"
    base = revision.base
    return {
        "revision": revision,
        "url": reverse(name, args=[revision.object_id]),
        "changes": diff.changes(revision.model, base.content, revision.content) if base else [],
        "check_results": content_checks.check_revision(revision) if revision.is_open else [],
    }


def _may_take(step: str, request: HttpRequest, revisions: list[Revision]) -> bool:
    """Return whether the roles permit a step on every text, and whether the states do."""
    by = current_user(request)
    if step == "cancel":
        return rules.may_cancel(by, revisions)
    states = {revision.state for revision in revisions}
    if step == "release" and states != {RevisionState.APPROVED}:
        return False
    subjects = revisions
    if step == "approve":
        subjects = [each for each in revisions if each.state == RevisionState.IN_REVIEW]
    action = Action(step)
    return bool(subjects) and all(
        rules.has_role_for(action, by, revision.target, revision) for revision in subjects
    )


def _objection(request: HttpRequest, revisions: list[Revision]) -> str:
    """Return why a user with the required role may not give the review that is due, or ''."""
    if not _may_take("approve", request, revisions):
        return ""
    by = current_user(request)
    found = (rules.reviewer_objection(by, each) for each in revisions if each.next_step())
    return next(filter(None, found), "")


def _form(step: str, data: Any = None, **arguments: Any) -> ActionForm:
    return STEPS[step].form(data, auto_id=f"id_{step}_%s", label_suffix="：", **arguments)
