"""Admin pages that edit a draft: the form, conflicts between two editors, and autosave.

``PublishableAdmin.get_urls`` lists these views, passes the admin to each, and checks
``rules.may_read_work`` first.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.accounts.rules import current_user

from . import actions, content_checks, diff, forms, quotes, rules
from .actions import VersionToken
from .admin_base import PublishableAdminBase
from .admin_context import AdminPageResponse, admin_context
from .errors import Conflict, Refused
from .models import Publishable, Revision
from .review_views import review_page
from .rules import Action
from .states import ChangeKind


def edit(
    admin: PublishableAdminBase, request: HttpRequest, obj: Publishable | None
) -> HttpResponse:
    """Show and save the form if the user may edit the text; otherwise show the text read-only."""
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
    content_forms = _content_forms(admin, request, obj, open_revision)
    if request.method != "POST":
        return _form_page(admin, request, obj, open_revision, content_forms)
    if not content_forms.is_valid():
        return _form_page(admin, request, obj, open_revision, content_forms, status=422)
    if obj is None and not content_forms.has_changed():
        messages.info(request, _("Nothing is written yet, so nothing was saved."))
        return _form_page(admin, request, obj, open_revision, content_forms)
    try:
        saved = _save(request, obj or admin.model(), content_forms)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return _form_page(
            admin, request, obj, conflict.current, content_forms, conflict=conflict, status=409
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _form_page(admin, request, obj, open_revision, content_forms, status=403)
    for sentence in content_forms.text_changes:
        messages.warning(request, sentence)
    return _after_save(admin, request, saved)


@transaction.atomic
def _save(
    request: HttpRequest,
    obj: Publishable,
    content_forms: forms.ContentForms,
    *,
    autosave: bool = False,
) -> actions.SaveResult:
    """Save the text and, if they have changed, the kind and the note of the correction."""
    by, token = current_user(request), VersionToken.parse(request.POST.get("token", ""))
    saved = actions.save(
        obj=obj, content=content_forms.content(), by=by, token=token, autosave=autosave
    )
    if content_forms.correction is None:
        return saved
    data = content_forms.correction.cleaned_data
    kind, note = ChangeKind(data["change_kind"]), data["public_note"]
    revision = saved.revision
    stored = (revision.change_kind, revision.public_note) if revision.is_open else ("", "")
    if (kind, note) == stored:
        return saved
    revision = actions.correct(
        obj=revision.target,
        by=by,
        kind=kind,
        public_note=note,
        token=saved.token,
        autosave=autosave,
    )
    return actions.SaveResult(revision, changed=True)


def _after_save(
    admin: PublishableAdminBase, request: HttpRequest, saved: actions.SaveResult
) -> HttpResponse:
    """Submit the text if the user pressed that button; redirect to the preview or the form."""
    revision = saved.revision
    obj = revision.target
    to_form = HttpResponseRedirect(admin.url("change", obj))
    if "_preview" in request.POST:
        return HttpResponseRedirect(admin.url("preview", obj))
    if "_submit" not in request.POST:
        if saved.changed:
            messages.success(request, _("Saved. Only the newsroom sees this."))
        else:
            messages.info(request, _("Nothing has changed since the last save."))
        return to_form
    try:
        actions.submit(
            revision=revision,
            by=current_user(request),
            digest=revision.digest,
            override_reason=request.POST.get("override_reason", ""),
        )
    except Refused as refusal:
        messages.error(request, _("Saved, but not submitted. %(why)s") % {"why": refusal})
        return to_form
    messages.success(request, _("Saved and submitted. The reviewers see it now."))
    return to_form


def _refused_post(
    admin: PublishableAdminBase,
    request: HttpRequest,
    obj: Publishable,
    open_revision: Revision | None,
) -> HttpResponse:
    """Show the posted input again in the form if the text may no longer be edited.

    Nothing is stored. The user can copy the input, or save it again after recalling the text.
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
    content_forms = _content_forms(admin, request, obj, open_revision)
    content_forms.is_valid()
    return _form_page(
        admin,
        request,
        obj,
        open_revision,
        content_forms,
        conflict=Conflict(open_revision),
        status=409,
    )


def _content_forms(
    admin: PublishableAdminBase,
    request: HttpRequest,
    obj: Publishable | None,
    open_revision: Revision | None,
) -> forms.ContentForms:
    """Build the forms from the open revision, or the live revision, or an empty object."""
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
    admin: PublishableAdminBase,
    request: HttpRequest,
    obj: Publishable | None,
    open_revision: Revision | None,
    content_forms: forms.ContentForms,
    *,
    conflict: Conflict | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the form with the results of the content checks."""
    fieldsets = admin.content_fieldsets(request)
    results = (
        content_checks.check_revision(open_revision)
        if open_revision
        else content_checks.check_live_text(obj)
    )
    content_forms.show_check_results(results)
    context = {
        **admin_context(admin, request, obj, open_revision),
        "title": str(obj) if obj else _("New %(type)s") % {"type": admin.opts.verbose_name},
        "content_forms": content_forms,
        "adminform": helpers.AdminForm(content_forms.main, fieldsets, {}, model_admin=admin),
        "media": admin.media + content_forms.media,
        "token": _token(request, obj, conflict),
        "conflict": _conflict(conflict, content_forms) if conflict else None,
        "check_results": results,
        "acknowledged": content_checks.acknowledged(open_revision),
        "autosave_url": admin.url("autosave", obj) if obj else admin.url("autosave-new"),
    }
    template = "admin/publishing/change_form.html"
    return AdminPageResponse(request, template, context, status=status, csp="editor")


def _token(
    request: HttpRequest, obj: Publishable | None, conflict: Conflict | None
) -> VersionToken:
    """Return the version token for the form.

    A form that is shown again keeps its token, except after a conflict: the user has then seen the
    other version and may overwrite it.
    """
    if request.method == "POST" and not (conflict and obj):
        return VersionToken.parse(request.POST.get("token", ""))
    return VersionToken.of(obj) if obj else VersionToken()


def _conflict(conflict: Conflict, content_forms: forms.ContentForms) -> dict[str, Any]:
    """Return the stored revision, and the differences between it and the input."""
    current = conflict.current
    content = content_forms.content() if content_forms.is_valid() else None
    return {
        "current": current,
        "changes": (
            diff.changes(
                content_forms.model,
                current.content,
                quotes.clean_content(content_forms.model, content).data,
            )
            if current and content
            else []
        ),
    }


def autosave(
    admin: PublishableAdminBase, request: HttpRequest, obj: Publishable | None
) -> JsonResponse:
    """Save the form in the background; return the new version token or the reason for a refusal."""
    if request.method != "POST":
        return JsonResponse({"status": "refused"}, status=405)
    open_revision = obj.open_revision if obj else None
    subject = obj or admin.model()
    may_add = obj is not None or admin.has_add_permission(request)
    if not may_add or not rules.has_role_for(
        Action.SAVE, current_user(request), subject, open_revision
    ):
        return JsonResponse({"status": "refused"}, status=403)
    content_forms = _content_forms(admin, request, obj, open_revision)
    if not content_forms.is_valid():
        return JsonResponse({"status": "invalid"}, status=422)
    try:
        saved = _save(request, subject, content_forms, autosave=True)
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
