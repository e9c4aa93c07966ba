"""The admin page on which a publisher withdraws a file from the public pages or brings it back."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.library.models import MediaFile
from portal.library.rules import may_withdraw
from portal.library.withdrawal import MAX_REASON_LENGTH, reinstate, withdraw


class WithdrawalForm(forms.Form):
    """The reason of a withdrawal."""

    reason = forms.CharField(
        label=_("Public reason"),
        max_length=MAX_REASON_LENGTH,
        help_text=_("Readers see it in place of the file."),
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
    )


def withdrawal(admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Show the form, or take the action that the file's state permits."""
    if not may_withdraw(request.user):
        raise PermissionDenied
    media_file: MediaFile = get_object_or_404(admin.model, pk=pk)
    form = WithdrawalForm(request.POST or None, label_suffix="：")
    change_url = reverse(f"admin:{admin.opts.app_label}_{admin.opts.model_name}_change", args=[pk])
    if request.method == "POST" and _act(request, media_file, form):
        return HttpResponseRedirect(change_url)
    context = {
        **admin.admin_site.each_context(request),
        "title": (
            gettext("Bring back to the public pages")
            if media_file.is_withdrawn
            else gettext("Withdraw from the public pages")
        ),
        "opts": admin.opts,
        "media_file": media_file,
        "form": form,
        "change_url": change_url,
        "uses": admin.public_uses(media_file),
    }
    status = 422 if request.method == "POST" else 200
    return TemplateResponse(request, "admin/library/withdrawal.html", context, status=status)


def _act(request: HttpRequest, media_file: MediaFile, form: WithdrawalForm) -> bool:
    """Take the action; return whether it succeeded, else add its refusal to the form."""
    by = cast(User, request.user)
    try:
        if "_reinstate" in request.POST:
            reinstate(media_file=media_file, by=by)
            messages.success(request, gettext("Brought back. Readers see it again."))
            return True
        if not form.is_valid():
            return False
        withdraw(media_file=media_file, by=by, reason=form.cleaned_data["reason"])
    except ValidationError as error:
        form.add_error(None, error)
        return False
    messages.success(request, gettext("Withdrawn. Readers see the reason in its place."))
    return True
