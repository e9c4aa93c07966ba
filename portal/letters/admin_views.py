"""The admin's page of a letter: its text, the form for the answer, and the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.rules import current_user
from portal.audit import labels
from portal.audit.models import Entry
from portal.http.parameters import parse_number

from . import actions
from .errors import Changed, NotAllowed, Refused
from .form_guard import clean_text
from .models import Letter
from .rules import ACTION_LABELS, ALLOWED_IN, Action
from .states import State

LOG_LIMIT = 100
SUCCESS_MESSAGES = {
    Action.TAKE: gettext_lazy("The letter is in your hands now."),
    Action.KEEP: gettext_lazy("Saved. The sender reads it only when you answer."),
    Action.ANSWER: gettext_lazy("Answered: whoever has the receipt number reads it now."),
    Action.CLOSE: gettext_lazy("Closed. Whoever has the receipt number reads the reason."),
    Action.REOPEN: gettext_lazy("The letter is in your hands again; its answer is a draft."),
}


@dataclass(frozen=True)
class Draft:
    """The values of the answer form: answer, reason for closing, and version of the letter."""

    answer: str
    reason: str
    version: int

    @classmethod
    def of(cls, letter: Letter) -> Draft:
        return cls(letter.answer, letter.reason, letter.version)

    @classmethod
    def posted(cls, request: HttpRequest) -> Draft:
        version = parse_number(request.POST.get("version", ""), max_digits=9)
        answer, reason = (clean_text(request.POST.get(name, "")) for name in ("answer", "reason"))
        return cls(answer, reason, -1 if version is None else version)


def url(page: str, pk: object) -> str:
    return reverse(f"admin:letters_letter_{page}", args=[pk])


def letter(admin: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show a letter; on POST, run the action of the button that was pressed."""
    if not admin.has_change_permission(request):
        raise PermissionDenied
    found = admin.get_object(request, object_id)
    if not isinstance(found, Letter):
        raise Http404
    if request.method != "POST":
        return _page(admin, request, found, Draft.of(found))
    draft = Draft.posted(request)
    try:
        action = next(action for action in Action if f"_{action}" in request.POST)
        _do(action, request, found, draft)
    except StopIteration:
        messages.error(request, _("Choose what is to be done with the letter."))
        return _page(admin, request, found, draft, status=422)
    except Refused as refusal:
        messages.error(request, str(refusal))
        found = Letter.objects.get(pk=found.pk)
        conflict = isinstance(refusal, Changed)
        if conflict:  # the page also shows the stored answer; sending the form again overwrites it
            draft = Draft(draft.answer, draft.reason, found.version)
        status = 409 if conflict else 403 if isinstance(refusal, NotAllowed) else 422
        return _page(admin, request, found, draft, status=status, conflict=conflict)
    messages.success(request, SUCCESS_MESSAGES[action])
    return HttpResponseRedirect(url("change", found.pk))


def _do(action: Action, request: HttpRequest, found: Letter, draft: Draft) -> None:
    seen: dict[str, Any] = {"letter": found, "by": current_user(request), "version": draft.version}
    match action:
        case Action.TAKE:
            actions.take(**seen, answer=draft.answer)
        case Action.KEEP:
            actions.keep(**seen, answer=draft.answer)
        case Action.ANSWER:
            actions.answer(**seen, answer=draft.answer)
        case Action.CLOSE:
            actions.close(**seen, reason=draft.reason, answer=draft.answer)
        case Action.REOPEN:
            actions.reopen(**seen)


def _page(
    admin: ModelAdmin,
    request: HttpRequest,
    found: Letter,
    draft: Draft,
    *,
    status: int = 200,
    conflict: bool = False,
) -> HttpResponse:
    log = Entry.objects.filter(object_type=found._meta.label_lower, object_id=str(found.pk))
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": str(found),
        "list_url": reverse("admin:letters_letter_changelist"),
        "letter": found,
        "draft": draft,
        "conflict": conflict,
        "actions": {
            action.value: ACTION_LABELS[action]
            for action in Action
            if found.state in ALLOWED_IN[action]
        },
        "answer_length": actions.MAX_ANSWER_LENGTH,
        "reason_length": actions.MAX_REASON_LENGTH,
        "State": State,
        "log": [(entry, labels.label(entry.action)) for entry in log.order_by("-pk")[:LOG_LIMIT]],
    }
    return TemplateResponse(request, "admin/letters/letter.html", context, status=status)
