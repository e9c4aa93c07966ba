"""The one public form, its receipt, and where the answer is read. Never stored, by nobody."""

from __future__ import annotations

from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.audit.address import client_address
from portal.site.models import SiteSettings
from portal.web.errors import DATABASE_UNAVAILABLE

from . import actions, limits, pages, receipts, tokens
from .errors import FormUsed
from .form_guard import PostData, View, plain, public_form
from .forms import HONEYPOT, LetterForm, NumberForm, is_page
from .models import Letter, LetterSettings
from .states import Kind, State
from .tokens import Token, TokenStatus

RETRY_AFTER_SECONDS = 30


def keeping_text(view: View) -> View:
    """While the database is away, whoever has written something gets it back to send it again."""

    @wraps(view)
    def kept(request: HttpRequest, posted: PostData | None) -> HttpResponse:
        try:
            return view(request, posted)
        except DATABASE_UNAVAILABLE:
            if posted is None:
                raise
            context = {"fields": {name: posted[name] for name in posted if name != HONEYPOT}}
            response = render(request, "feedback/unavailable.html", context, status=503)
            response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
            return response

    return kept


@public_form
@keeping_text
def feedback(request: HttpRequest, posted: PostData | None) -> HttpResponse:
    """The form; what is sent with it becomes a letter, once."""
    if posted is None:
        page = plain(request.GET.get("page", ""))
        initial = {"page": page, "kind": Kind.ERROR.value} if is_page(page) else {}
        return _form(request, LetterForm(initial=initial), tokens.new())
    form = LetterForm(posted, hosts=[request.get_host(), SiteSettings.load().domain])
    token = tokens.read(posted.get("token", ""))
    written = form.cleaned_data if form.is_valid() else None
    known = Letter.objects.filter(token_digest=token.digest).first()
    if known and written and known.says(written):
        return _led_to_receipt(known)
    # What else is to be mended is said first; the form is sent anew then anyway.
    if written and (problem := _problem(token, known, posted)):
        form.add_error(None, problem)
    if known or token.standing in (TokenStatus.LATE, TokenStatus.FORGED):
        token = tokens.new()
    if form.errors or written is None:
        return _form(request, form, token, status=422)
    if seconds := limits.wait(limits.LETTERS, client_address(request)):
        return _form(request, form, token, wait=seconds)
    try:
        letter = actions.receive(digest=token.digest, written=written)
    except FormUsed as problem:
        form.add_error(None, str(problem))
        return _form(request, form, tokens.new(), status=422)
    return _led_to_receipt(letter)


def _problem(token: Token, known: Letter | None, posted: PostData) -> str:
    """Why it has to be sent once more, though nothing may be wrong with what was written."""
    if known is not None:
        return str(FormUsed())
    if token.standing in (TokenStatus.LATE, TokenStatus.FORGED):
        return _("This page was open for too long. Your words are still here: please send again.")
    if token.standing is TokenStatus.EARLY or posted.get(HONEYPOT):
        return _(
            "A program might have sent this. If you are no program, please press “Send” once more."
        )
    return ""


def _form(
    request: HttpRequest, form: LetterForm, token: Token, *, status: int = 200, wait: int = 0
) -> HttpResponse:
    context = {
        "form": form,
        "token": token.text,
        "trap": HONEYPOT,
        "problems": form.problems() if form.is_bound else [],
        "limits": LetterSettings.load(),
    }
    return _page(request, "feedback/form.html", context, status=status, wait=wait)


def _led_to_receipt(letter: Letter) -> HttpResponse:
    """To a page that may be loaded again. Its address leads to nothing after half an hour, and
    does not hold the number: it stays in the browser's history and in the server's log."""
    signed = urlencode({"of": tokens.for_receipt(letter.token_digest)})
    response = HttpResponseRedirect(f"{reverse('feedback-receipt')}?{signed}")
    response.status_code = 303
    return response


@never_cache
@require_safe
def receipt(request: HttpRequest) -> HttpResponse:
    """The number, large; when the answer is due, and where it will stand."""
    digest = tokens.of_receipt(request.GET.get("of", ""))
    letter = Letter.objects.filter(token_digest=digest).first() if digest else None
    return _page(request, "feedback/receipt.html", {"letter": letter}, 200 if letter else 410)


@public_form
@keeping_text
def answer(request: HttpRequest, posted: PostData | None) -> HttpResponse:
    """How far a letter has come, and its answer, for whoever has its number. Asked by POST: the
    number is left in no history and no log."""
    if posted is None:
        return _answer(request, NumberForm())
    form = NumberForm(posted)
    if not form.is_valid():
        return _answer(request, form, status=422)
    if seconds := limits.wait(limits.QUESTIONS, client_address(request)):
        return _answer(request, form, wait=seconds)
    number = receipts.read(form.cleaned_data["number"])
    letter = Letter.objects.filter(receipt=number).first() if number else None
    if letter is None:
        # One answer to every wrong number, whatever is wrong with it.
        form.add_error(
            "number", _("No letter is found by this number. Please compare each figure.")
        )
        return _answer(request, form, status=404)
    return _answer(request, NumberForm(), letter=letter)


def _answer(
    request: HttpRequest,
    form: NumberForm,
    *,
    letter: Letter | None = None,
    status: int = 200,
    wait: int = 0,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "letter": letter, "State": State}
    return _page(request, "feedback/answer.html", context, status, wait)


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200, wait: int = 0
) -> HttpResponse:
    """A page for one reader: no search engine lists it (``includes/meta.html``)."""
    context |= {"page_info": pages.FEEDBACK, "hidden": True, "minutes": -(-wait // 60)}
    response = render(request, template, context, status=429 if wait else status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
