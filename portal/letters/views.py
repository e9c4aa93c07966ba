"""Views of the public form for letters, its receipt, and the look-up of answers; never cached."""

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
from .form_guard import PostData, View, clean_text, public_form
from .forms import HONEYPOT, LetterForm, NumberForm, is_page
from .models import Letter, LetterSettings
from .states import Kind, State
from .tokens import Token, TokenStatus

RETRY_AFTER_SECONDS = 30


def preserve_input(view: View) -> View:
    """Decorate a view: while the database is unavailable, return 503 with a form to resend.

    The form contains the posted fields. A GET request raises the database's exception.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, posted: PostData | None) -> HttpResponse:
        try:
            return view(request, posted)
        except DATABASE_UNAVAILABLE:
            if posted is None:
                raise
            context = {"fields": {name: posted[name] for name in posted if name != HONEYPOT}}
            response = render(request, "feedback/unavailable.html", context, status=503)
            response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
            return response

    return wrapped


@public_form
@preserve_input
def feedback(request: HttpRequest, posted: PostData | None) -> HttpResponse:
    """Show the form; on POST, create one letter and redirect to its receipt."""
    if posted is None:
        page = clean_text(request.GET.get("page", ""))
        initial = {"page": page, "kind": Kind.ERROR.value} if is_page(page) else {}
        return _form(request, LetterForm(initial=initial), tokens.new())
    form = LetterForm(posted, hosts=[request.get_host(), SiteSettings.load().domain])
    token = tokens.read(posted.get("token", ""))
    written = form.cleaned_data if form.is_valid() else None
    existing = Letter.objects.filter(token_digest=token.digest).first()
    if existing and written and existing.has_same_content(written):
        return _redirect_to_receipt(existing)
    # Only if no field has an error: otherwise the form must be sent again in any case.
    if written and (problem := _token_problem(token, existing, posted)):
        form.add_error(None, problem)
    if existing or token.status in (TokenStatus.LATE, TokenStatus.FORGED):
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
    return _redirect_to_receipt(letter)


def _token_problem(token: Token, existing: Letter | None, posted: PostData) -> str:
    """Return the reason why valid data must be sent again, as a sentence; "" if they are accepted.

    The reasons are a used or expired token, and signs that a bot has filled in the form.
    """
    if existing is not None:
        return str(FormUsed())
    if token.status in (TokenStatus.LATE, TokenStatus.FORGED):
        return _("This page was open for too long. Your words are still here: please send again.")
    if token.status is TokenStatus.EARLY or posted.get(HONEYPOT):
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
        "honeypot": HONEYPOT,
        "problems": form.problems() if form.is_bound else [],
        "limits": LetterSettings.load(),
    }
    return _page(request, "feedback/form.html", context, status=status, wait=wait)


def _redirect_to_receipt(letter: Letter) -> HttpResponse:
    """Redirect (303) to the receipt page, whose URL expires after half an hour.

    The URL does not contain the receipt number, because URLs are stored in browser histories and
    server logs.
    """
    signed = urlencode({"of": tokens.sign_receipt(letter.token_digest)})
    response = HttpResponseRedirect(f"{reverse('feedback-receipt')}?{signed}")
    response.status_code = 303
    return response


@never_cache
@require_safe
def receipt(request: HttpRequest) -> HttpResponse:
    """Show the receipt number and the due date; 410 if the URL has expired."""
    digest = tokens.read_receipt(request.GET.get("of", ""))
    letter = Letter.objects.filter(token_digest=digest).first() if digest else None
    return _page(request, "feedback/receipt.html", {"letter": letter}, 200 if letter else 410)


@public_form
@preserve_input
def answer(request: HttpRequest, posted: PostData | None) -> HttpResponse:
    """Show the state of a letter and its answer to a visitor who has the receipt number.

    The number is sent by POST, so that no browser history and no server log contains it.
    """
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
        # The response to every wrong number is the same, so that it reveals nothing about the
        # letters.
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
    """Return a page with ``noindex``; after a rate limit (``wait`` in seconds), with status 429."""
    context |= {"page_info": pages.FEEDBACK, "hidden": True, "minutes": -(-wait // 60)}
    response = render(request, template, context, status=429 if wait else status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
