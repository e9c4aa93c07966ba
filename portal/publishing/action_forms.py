"""The form of each workflow action in the admin, and the arguments passed to its function.

The functions themselves are in ``actions.ACTION_FUNCTIONS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .rules import Action


class ActionForm(forms.Form):
    """The form of an action that needs no input: only a button is visible."""

    digest = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments that the fields supply to the action."""
        return {name: value for name, value in self.cleaned_data.items() if name != "digest"}


class OverrideForm(ActionForm):
    """The form of an action that content checks may refuse.

    The user may enter a reason that overrides the checks.
    """

    override_reason = forms.CharField(
        label=_("Let it pass in spite of the findings, because"),
        max_length=300,
        required=False,
        help_text=_("Only if you must. The reason is logged with your name."),
    )


class ApproveForm(ActionForm):
    """The form of a review: the reviewer confirms that the text was reviewed and proofread."""

    reviewed = forms.BooleanField(
        label=_("I have reviewed the text"),
        error_messages={"required": _("Confirm that you have reviewed the text.")},
    )
    proofread = forms.BooleanField(
        label=_("I have proofread the text"),
        error_messages={"required": _("Confirm that you have proofread the text.")},
    )
    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReturnForm(ActionForm):
    """The form that returns a text to its writers, with a required comment."""

    comment = forms.CharField(
        label=_("What is to be mended"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say what is to be mended; the writer will read it.")},
    )


class ScheduleForm(OverrideForm):
    """The form that schedules a release."""

    at = forms.DateTimeField(
        label=_("Time of release"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
        help_text=_("Beijing time."),
        error_messages={"required": _("Give the time of release.")},
    )

    def clean_at(self) -> datetime:
        at = self.cleaned_data["at"]
        if at <= timezone.now():
            raise forms.ValidationError(_("The time of release must lie in the future."))
        return at


class WithdrawForm(ActionForm):
    """The form of a withdrawal, with the reason that is shown to readers."""

    reason = forms.CharField(
        label=_("Reason, which readers will see"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={
            "required": _("Give the reason; readers who follow an old link will see it.")
        },
    )


@dataclass(frozen=True)
class AdminAction:
    """The form of an action in the admin, and the arguments that its function expects."""

    form: type[ActionForm]
    success_message: str | Promise
    #: Whether the function takes the object (``obj``) instead of its open revision.
    takes_object: bool = False
    #: Whether the function takes the digest of the text that was shown to the user.
    takes_digest: bool = False


#: The actions for which the admin shows a button, in the order of ``Action``.
ADMIN_ACTIONS: dict[Action, AdminAction] = {
    Action.SUBMIT: AdminAction(
        OverrideForm,
        _("Submitted. The reviewers see it now."),
        takes_digest=True,
    ),
    Action.RECALL: AdminAction(ActionForm, _("Recalled: it is a draft again.")),
    Action.APPROVE: AdminAction(ApproveForm, _("Your review is recorded."), takes_digest=True),
    Action.RETURN: AdminAction(
        ReturnForm,
        _("Returned to the writer with your comment."),
        takes_digest=True,
    ),
    Action.RELEASE: AdminAction(
        OverrideForm,
        _("Released: the public reads it now."),
        takes_digest=True,
    ),
    Action.SCHEDULE: AdminAction(
        ScheduleForm,
        _("Scheduled: it will go out by itself."),
        takes_digest=True,
    ),
    Action.UNSCHEDULE: AdminAction(
        ActionForm, _("The time is taken back; the text stays approved.")
    ),
    Action.WITHDRAW: AdminAction(
        WithdrawForm,
        _("Withdrawn: readers see only your reason now."),
        takes_object=True,
    ),
    Action.REINSTATE: AdminAction(
        ActionForm,
        _("Reinstated: the public reads it again."),
        takes_object=True,
    ),
    Action.ARCHIVE: AdminAction(
        ActionForm,
        _("Archived. It can be restored from its history."),
        takes_object=True,
    ),
}


def action_form(action: Action, data: Any = None, **arguments: Any) -> ActionForm:
    """Return the form of an action; the HTML ids of its fields contain the action's name."""
    form = ADMIN_ACTIONS[action].form
    return form(data, auto_id=f"id_{action}_%s", label_suffix="：", **arguments)
