"""The pages of the desk for one publishable: edit, review, history, differences, preview.

Each takes the model's admin; ``PublishableAdmin.get_urls`` lists them all and asks the same rule
before any of them (``rules.may_read_work``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.accounts.rules import current_user
from portal.library.richtext import RichTextField

from . import actions, content_checks, diff, forms, quotes, references, rules
from . import content as contents
from .actions import VersionToken
from .errors import Conflict, NotAllowed, Refused
from .models import Publishable, Revision
from .rules import Action
from .states import ChangeKind, RevisionState, State

if TYPE_CHECKING:
    from .admin import PublishableAdmin

ACTION_FORMS: dict[Action, type[forms.ActionForm]] = {
    Action.SUBMIT: forms.OverrideForm,
    Action.RECALL: forms.ActionForm,
    Action.APPROVE: forms.ApproveForm,
    Action.RETURN: forms.ReturnForm,
    Action.RELEASE: forms.OverrideForm,
    Action.SCHEDULE: forms.ScheduleForm,
    Action.UNSCHEDULE: forms.ActionForm,
    Action.WITHDRAW: forms.WithdrawForm,
    Action.REINSTATE: forms.ActionForm,
    Action.ARCHIVE: forms.ActionForm,
}
#: The verbs that decide about the text a person has seen, and so name its digest.
DIGEST_ACTIONS = frozenset(
    {Action.SUBMIT, Action.APPROVE, Action.RETURN, Action.RELEASE, Action.SCHEDULE}
)
OBJECT_ACTIONS = frozenset({Action.WITHDRAW, Action.REINSTATE, Action.ARCHIVE})


class AdminPageResponse(TemplateResponse):
    """A page of the desk; ``csp`` names what its security policy opens (``web.headers``)."""

    def __init__(self, *args: Any, csp: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.csp = csp


# --- writing -----------------------------------------------------------------------------------


def edit(admin: PublishableAdmin, request: HttpRequest, obj: Publishable | None) -> HttpResponse:
    """One page for one text: the form while it may be written, the text as it stands otherwise."""
    open_revision = obj.open_revision if obj else None
    subject = obj or admin.model()
    if obj is None and not admin.has_add_permission(request):
        raise PermissionDenied
    if not rules.is_allowed(Action.SAVE, current_user(request), subject, open_revision):
        if obj is None:
            raise PermissionDenied
        if request.method == "POST":
            return _refused_post(admin, request, obj, open_revision)
        return review_page(admin, request, obj, open_revision)
    shown = _content_forms(admin, request, obj, open_revision)
    if request.method != "POST":
        return _form_page(admin, request, obj, open_revision, shown)
    if not shown.is_valid():
        return _form_page(admin, request, obj, open_revision, shown, status=422)
    if obj is None and not shown.has_changed():
        messages.info(request, _("Nothing is written yet, so nothing was saved."))
        return _form_page(admin, request, obj, open_revision, shown)
    try:
        saved = _save(request, obj or admin.model(), shown)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return _form_page(
            admin, request, obj, conflict.current, shown, conflict=conflict, status=409
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _form_page(admin, request, obj, open_revision, shown, status=403)
    return _after_save(admin, request, saved)


@transaction.atomic
def _save(
    request: HttpRequest, obj: Publishable, shown: forms.ContentForms, *, autosave: bool = False
) -> actions.SaveResult:
    """Save the text, and with it what the change is called, as far as that is said."""
    by, token = current_user(request), VersionToken.parse(request.POST.get("token", ""))
    saved = actions.save(obj=obj, content=shown.content(), by=by, token=token, autosave=autosave)
    if shown.correction is None:
        return saved
    said = shown.correction.cleaned_data
    meant = ChangeKind(said["change_kind"]), said["public_note"]
    known = saved.revision
    if meant == ((known.change_kind, known.public_note) if known.is_open else ("", "")):
        return saved
    kind, note = meant
    revision = actions.correct(
        obj=known.target,
        by=by,
        kind=kind,
        public_note=note,
        token=saved.token,
        autosave=autosave,
    )
    return actions.SaveResult(revision, changed=True)


def _after_save(
    admin: PublishableAdmin, request: HttpRequest, saved: actions.SaveResult
) -> HttpResponse:
    revision = saved.revision
    obj = revision.target
    back = HttpResponseRedirect(admin.url("change", obj))
    if "_preview" in request.POST:
        return HttpResponseRedirect(admin.url("preview", obj))
    if "_submit" not in request.POST:
        if saved.changed:
            messages.success(request, _("Saved. Only the newsroom sees this."))
        else:
            messages.info(request, _("Nothing has changed since the last save."))
        return back
    try:
        actions.submit(
            revision=revision,
            by=current_user(request),
            digest=revision.digest,
            override_reason=request.POST.get("override_reason", ""),
        )
    except Refused as refusal:
        messages.error(request, _("Saved, but not submitted. %(why)s") % {"why": refusal})
        return back
    messages.success(request, _("Saved and submitted. The reviewers see it now."))
    return back


def _refused_post(
    admin: PublishableAdmin,
    request: HttpRequest,
    obj: Publishable,
    open_revision: Revision | None,
) -> HttpResponse:
    """Somebody moved the text on while it was being written: show what was typed, don't keep it.

    The form stays on the page, with its text, so that it can be copied or saved after a recall.
    """
    if not rules.may_write(current_user(request), obj):
        raise PermissionDenied
    try:
        rules.require(Action.SAVE, current_user(request), obj, open_revision)
    except Refused as refusal:
        messages.error(
            request,
            _("%(why)s What you typed is still below; recall the text, then save again.")
            % {"why": refusal},
        )
    shown = _content_forms(admin, request, obj, open_revision)
    shown.is_valid()
    return _form_page(
        admin, request, obj, open_revision, shown, conflict=Conflict(open_revision), status=409
    )


def _content_forms(
    admin: PublishableAdmin,
    request: HttpRequest,
    obj: Publishable | None,
    open_revision: Revision | None,
) -> forms.ContentForms:
    revision = (open_revision or obj.live_revision) if obj else None
    return forms.ContentForms(
        admin,
        request,
        revision.as_object() if revision else admin.model(),
        revision,
        correctable=bool(obj and obj.live_revision),
        data=request.POST if request.method == "POST" else None,
    )


def _form_page(
    admin: PublishableAdmin,
    request: HttpRequest,
    obj: Publishable | None,
    open_revision: Revision | None,
    shown: forms.ContentForms,
    *,
    conflict: Conflict | None = None,
    status: int = 200,
) -> HttpResponse:
    fieldsets = admin.content_fieldsets(request)
    findings = (
        content_checks.check_revision(open_revision)
        if open_revision
        else content_checks.check_live_text(obj)
    )
    shown.show(findings)
    context = {
        **admin_context(admin, request, obj, open_revision),
        "title": str(obj) if obj else _("New %(type)s") % {"type": admin.opts.verbose_name},
        "content_forms": shown,
        "adminform": helpers.AdminForm(shown.main, fieldsets, {}, model_admin=admin),
        "media": admin.media + shown.media,
        # A form that comes back keeps the lock it was opened with; after a conflict its writer has
        # seen the other text and may write over it.
        "token": (
            VersionToken.of(obj)
            if conflict and obj
            else VersionToken.parse(request.POST.get("token", ""))
            if request.method == "POST"
            else VersionToken.of(obj)
            if obj
            else VersionToken()
        ),
        "conflict": _conflict(conflict, shown) if conflict else None,
        "check_results": findings,
        "acknowledged": content_checks.acknowledged(open_revision),
        "autosave_url": admin.url("autosave", obj) if obj else admin.url("autosave-new"),
    }
    template = "admin/publishing/change_form.html"
    return AdminPageResponse(request, template, context, status=status, csp="editor")


def _conflict(conflict: Conflict, shown: forms.ContentForms) -> dict[str, Any]:
    """The text that stands and the text that was typed, side by side."""
    current = conflict.current
    typed = shown.content() if shown.is_valid() else None
    return {
        "current": current,
        "changes": (
            diff.changes(
                shown.model, current.content, quotes.clean_content(shown.model, typed).data
            )
            if current and typed
            else []
        ),
    }


def autosave(
    admin: PublishableAdmin, request: HttpRequest, obj: Publishable | None
) -> JsonResponse:
    """Keep the form as it stands, quietly. Answers with the new lock, or says why not."""
    if request.method != "POST":
        return JsonResponse({"status": "refused"}, status=405)
    open_revision = obj.open_revision if obj else None
    subject = obj or admin.model()
    may_add = obj is not None or admin.has_add_permission(request)
    if not may_add or not rules.has_role_for(
        Action.SAVE, current_user(request), subject, open_revision
    ):
        return JsonResponse({"status": "refused"}, status=403)
    shown = _content_forms(admin, request, obj, open_revision)
    if not shown.is_valid():
        return JsonResponse({"status": "invalid"}, status=422)
    try:
        saved = _save(request, subject, shown, autosave=True)
    except Conflict as conflict:
        return JsonResponse({"status": "conflict", "message": str(conflict)}, status=409)
    except Refused as refusal:
        return JsonResponse({"status": "refused", "message": str(refusal)}, status=403)
    target = saved.revision.target
    return JsonResponse(
        {
            "status": "saved",
            "token": str(saved.token),
            "url": admin.url("change", target),
            "autosave_url": admin.url("autosave", target),
            "at": date_format(timezone.localtime(), "H:i"),
        }
    )


# --- deciding ----------------------------------------------------------------------------------


def review_page(
    admin: PublishableAdmin,
    request: HttpRequest,
    obj: Publishable,
    open_revision: Revision | None,
    *,
    bound: dict[Action, forms.ActionForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The text as it stands, for whoever decides on it: readable on a phone, nothing to edit."""
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
        "since_return": _since_return(revision) if revision else [],
        "preview": True,
    }
    return TemplateResponse(request, "admin/publishing/review.html", context, status=status)


def plain_fields(revision: Revision) -> list[tuple[str, str]]:
    """(label, value) of the plain columns, for reading."""
    fields = contents.upgrade_content(revision.model, revision.content)["fields"]
    lines = []
    for name, value in fields.items():
        field = contents.column(revision.model, name)
        if isinstance(field, RichTextField) or name == revision.model.title_field:
            continue
        if value is not False and (told := contents.display_value(field, value)):
            lines.append((str(field.verbose_name), told))
    return lines


def rich_fields(revision: Revision) -> list[tuple[str, str]]:
    """(label, HTML) of the rich-text columns that hold something; the body needs no label."""
    fields = contents.upgrade_content(revision.model, revision.content)["fields"]
    return [
        ("" if name == "body" else str(field.verbose_name), fields[name])
        for name in fields
        if isinstance(field := contents.column(revision.model, name), RichTextField)
        and fields[name]
    ]


def _since_return(revision: Revision) -> list[diff.Change]:
    """What the writer changed since the text was last returned to him."""
    last = revision.reviews.filter(verdict="return").order_by("-pk").first()
    if last is None or last.digest == revision.digest:
        return []
    then = revision.snapshots.filter(digest=last.digest).order_by("-version").first()
    return diff.changes(revision.model, then.content, revision.content) if then else []


def action_form(verb: Action, data: Any = None, **arguments: Any) -> forms.ActionForm:
    """The form of a verb; several stand on one page, so each has ids of its own."""
    return ACTION_FORMS[verb](data, auto_id=f"id_{verb}_%s", label_suffix="：", **arguments)


def do(
    admin: PublishableAdmin, request: HttpRequest, obj: Publishable, action_name: str
) -> HttpResponse:
    """Carry out one verb. What was typed into its form survives a refusal."""
    if action_name not in {verb.value for verb in ACTION_FORMS}:
        raise Http404
    if request.method != "POST":
        return HttpResponseRedirect(admin.url("change", obj))
    verb = Action(action_name)
    open_revision = obj.open_revision
    form = action_form(verb, request.POST)
    try:
        rules.require_role(verb, current_user(request), obj, open_revision)
        if form.is_valid():
            _carry_out(verb, request, obj, open_revision, form)
            messages.success(request, _DONE[verb]())
            return HttpResponseRedirect(admin.url("change", obj))
        status = 422
    except Refused as refusal:
        status = refuse(request, verb, obj, refusal)
    obj.refresh_from_db()
    standing = obj.open_revision
    # The page that comes back shows the text as it stands: what is decided next is about that.
    form.data = {**request.POST.dict(), "digest": standing.digest if standing else ""}
    return review_page(admin, request, obj, standing, bound={verb: form}, status=status)


def refuse(request: HttpRequest, verb: Action, obj: Publishable, refusal: Refused) -> int:
    """Say why not; what somebody's roles don't allow goes into the log, too."""
    messages.error(request, str(refusal))
    if isinstance(refusal, NotAllowed):
        actions.log_refusal(verb, current_user(request), obj, refusal)
        return 403
    return 409 if isinstance(refusal, Conflict) else 422


def _carry_out(
    verb: Action,
    request: HttpRequest,
    obj: Publishable,
    revision: Revision | None,
    form: forms.ActionForm,
) -> None:
    arguments: dict[str, Any] = {"by": current_user(request), **form.arguments()}
    if verb in OBJECT_ACTIONS:
        arguments["obj"] = obj
    else:
        rules.require_state(verb, obj, revision)
        arguments["revision"] = revision
    if verb in DIGEST_ACTIONS:
        arguments["digest"] = form.cleaned_data["digest"]
    actions.ACTION_FUNCTIONS[verb](**arguments)


_DONE = {
    Action.SUBMIT: lambda: _("Submitted. The reviewers see it now."),
    Action.RECALL: lambda: _("Recalled: it is a draft again."),
    Action.APPROVE: lambda: _("Your review is recorded."),
    Action.RETURN: lambda: _("Returned to the writer with your comment."),
    Action.RELEASE: lambda: _("Released: the public reads it now."),
    Action.SCHEDULE: lambda: _("Scheduled: it will go out by itself."),
    Action.UNSCHEDULE: lambda: _("The time is taken back; the text stays approved."),
    Action.WITHDRAW: lambda: _("Withdrawn: readers see only your reason now."),
    Action.REINSTATE: lambda: _("Reinstated: the public reads it again."),
    Action.ARCHIVE: lambda: _("Archived. It can be restored from its history."),
}


# --- what every page of the desk shows ---------------------------------------------------------


def admin_context(
    admin: PublishableAdmin,
    request: HttpRequest,
    obj: Publishable | None,
    open_revision: Revision | None,
    *,
    bound: dict[Action, forms.ActionForm] | None = None,
) -> dict[str, Any]:
    verbs = rules.actions_for(current_user(request), obj, open_revision) if obj else []
    shown_verbs = [verb for verb in verbs if verb in ACTION_FORMS]
    # A refused verb's form comes back with what was typed, even if its button is gone meanwhile.
    shown_verbs += [verb for verb in bound or {} if verb not in shown_verbs]
    digest = open_revision.digest if open_revision else ""
    return {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "app_label": admin.opts.app_label,
        "original": obj,
        "object_id": obj.pk if obj else None,
        "work": open_revision,
        "live": obj.live_revision if obj else None,
        "urls": (
            {
                name.replace("-", "_"): admin.url(name, obj)
                for name in (
                    "change",
                    "history",
                    "difference",
                    "restore",
                    "preview",
                    "approval-form",
                )
            }
            if obj
            else {}
        ),
        "list_url": reverse(admin.list_route),
        "public_url": obj.get_absolute_url() if obj and obj.state == State.LIVE else "",
        "action_buttons": [
            _Button(
                verb,
                (bound or {}).get(verb) or action_form(verb, initial={"digest": digest}),
                admin.url("do", obj, verb.value),
                primary=verb == _next_step(shown_verbs),
            )
            for verb in shown_verbs
        ],
        "objection": (
            rules.reviewer_objection(current_user(request), open_revision)
            if obj
            and open_revision
            and open_revision.state == RevisionState.IN_REVIEW
            and rules.may_review(current_user(request), obj, open_revision)
            else ""
        ),
        "reviews": (
            list(open_revision.reviews.select_related("reviewer")) if open_revision else []
        ),
        "may_write": rules.is_allowed(
            Action.SAVE, current_user(request), obj or admin.model(), open_revision
        ),
        "may_override": rules.may_override(current_user(request)),
        **admin.extra_admin_context(request, obj),
    }


class _Button:
    """One verb as the page shows it."""

    def __init__(self, verb: Action, form: forms.ActionForm, url: str, *, primary: bool) -> None:
        self.action = verb
        self.form = form
        self.url = url
        self.primary = primary
        self.label = rules.ACTION_LABELS[verb]
        self.dangerous = verb in {Action.WITHDRAW, Action.ARCHIVE}
        self.simple = not any(not field.is_hidden for field in form)


def _next_step(verbs: list[Action]) -> Action | None:
    """The one filled button: what usually comes next."""
    order = [Action.APPROVE, Action.RELEASE, Action.SUBMIT, Action.REINSTATE, Action.UNSCHEDULE]
    return next((verb for verb in order if verb in verbs), None)
