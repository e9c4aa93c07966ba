"""Forms for signing in, and the admin's forms for accounts."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import UserChangeForm, UserCreationForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import SignInFailure, User
from portal.accounts.roles import Role
from portal.accounts.rules import refuse_conflicting
from portal.audit.actions import log_event


class SignInForm(AdminAuthenticationForm):
    """The sign-in form; five failed attempts lock a user name for ten minutes (standard S1)."""

    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": _(
            "The user name or the password is wrong, or the account is closed. Try again; after "
            "five failures the user name is locked for ten minutes."
        ),
        "locked": _(
            "This user name is locked after five failures. Wait ten minutes, then try again; "
            "if you have forgotten the password, ask the security officer for a new one."
        ),
    }

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        if not username or not self.cleaned_data.get("password"):
            return self.cleaned_data
        if not SignInFailure.objects.register_attempt(username):
            with transaction.atomic():
                log_event(action="account.sign_in", actor_label=username, result="locked")
            raise ValidationError(self.error_messages["locked"], code="locked")
        cleaned = super().clean()
        SignInFailure.objects.clear_failures(username)
        return cleaned


class RolesMixin(forms.ModelForm):
    """Form mixin with a field for roles instead of groups.

    The admin stores the chosen roles by ``actions.set_roles``.
    """

    roles = forms.TypedMultipleChoiceField(
        label=_("roles"),
        choices=Role.choices,
        coerce=Role,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "What the person may do. Site administrator, security officer and auditor are three "
            "different people."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["roles"] = [role.value for role in Role if role in self.instance.roles]

    def clean_roles(self) -> list[Role]:
        roles = self.cleaned_data["roles"]
        refuse_conflicting(roles)
        return roles


class AccountAddForm(RolesMixin, UserCreationForm):
    class Meta:
        model = User
        fields = ("username", "full_name", "post")


class AccountChangeForm(RolesMixin, UserChangeForm):
    class Meta:
        model = User
        fields = ("username", "password", "full_name", "post", "is_active", "is_staff")
