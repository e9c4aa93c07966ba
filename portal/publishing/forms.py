"""The forms of the desk. A form reads and writes a revision's content, never the public row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from portal.library.models import Attachment, Image

from . import content as contents
from .models import Publishable, Revision
from .states import ChangeKind

if TYPE_CHECKING:
    from .admin import PublishableAdmin
    from .check_results import CheckResult


class RowForm(forms.Form):
    """An attached row; ``media_field`` names what it attaches."""

    media_field: str

    def as_content(self) -> dict[str, Any]:
        row = {name: value for name, value in self.cleaned_data.items() if name in self.base_fields}
        row[self.media_field] = row[self.media_field].pk
        return row

    @property
    def media_file(self) -> Image | Attachment | None:
        """What the row shows now, also when the form is bound to something wrong."""
        value = self[self.media_field].value()
        try:
            return self.fields[self.media_field].clean(value)
        except forms.ValidationError:
            return None


class PictureForm(RowForm):
    media_field = "image"

    image = forms.ModelChoiceField(
        Image.objects.all(),
        label=_("Picture"),
        widget=forms.HiddenInput,
        error_messages={
            "invalid_choice": _("This picture is not in the library."),
            "required": _("Choose a picture, or take this row out."),
        },
    )
    alt = forms.CharField(
        label=_("Alternative text"),
        max_length=300,
        required=False,
        help_text=_("What the picture shows, for readers who can't see it. Required to submit."),
    )
    caption = forms.CharField(label=_("Caption"), max_length=300, required=False)
    credit = forms.CharField(label=_("Credit"), max_length=100, required=False)
    focal_x = forms.IntegerField(min_value=0, max_value=100, initial=50, widget=forms.HiddenInput)
    focal_y = forms.IntegerField(min_value=0, max_value=100, initial=50, widget=forms.HiddenInput)


class FileForm(RowForm):
    media_field = "attachment"

    attachment = forms.ModelChoiceField(
        Attachment.objects.all(),
        label=_("Attachment"),
        widget=forms.HiddenInput,
        error_messages={
            "invalid_choice": _("This attachment is not in the library."),
            "required": _("Choose a file, or take this row out."),
        },
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=200,
        required=False,
        help_text=_("Empty: the file's own name is shown."),
    )


PictureFormSet = forms.formset_factory(
    PictureForm, extra=0, can_order=True, can_delete=True, max_num=100, absolute_max=120
)
FileFormSet = forms.formset_factory(
    FileForm, extra=0, can_order=True, can_delete=True, max_num=50, absolute_max=60
)


class ContentForms:
    """The whole form of one publishable: its columns, attached rows, and correction note."""

    def __init__(
        self,
        admin: PublishableAdmin,
        request: HttpRequest,
        instance: Publishable,
        revision: Revision | None,
        *,
        correctable: bool,
        data: Any = None,
    ) -> None:
        self.model = type(instance)
        content = contents.upgrade_content(self.model, revision.content) if revision else {}
        form_class = admin.get_content_form(request)
        references = content.get("references", [])
        self.roles = admin.reference_targets()
        initial = {
            name: [row["id"] for row in references if row["role"] == name] for name in self.roles
        }
        self.main = form_class(data, label_suffix="：", instance=instance, initial=initial)
        admin.limit_reference_choices(self.main, initial)
        # What was sent stands for itself. Beside the stored rows, a new row that says the same as
        # one of them (an autosave has kept it already) would count as untouched, and be dropped.
        pictures, files = (
            content.get(part) if data is None else None for part in ("pictures", "files")
        )
        self.pictures = PictureFormSet(data, initial=pictures, prefix="pictures")
        self.files = FileFormSet(data, initial=files, prefix="files")
        self.correction = (
            CorrectionForm(
                data,
                initial={
                    "change_kind": revision.change_kind if revision and revision.is_open else "",
                    "public_note": revision.public_note if revision and revision.is_open else "",
                },
            )
            if correctable
            else None
        )
        self.admin = admin
        self.kept_references = [row for row in references if row["role"] not in self.roles]

    def show(self, findings: Iterable[CheckResult]) -> None:
        """Put what the gates found beside the field that it is about."""
        parts = [self.main, self.correction] if self.correction else [self.main]
        for finding in findings:
            for part in parts:
                if field := part.fields.get(finding.field):
                    words = '<strong class="check-result">{}</strong> {}'
                    field.help_text = format_html(words, finding.message, field.help_text)

    def is_valid(self) -> bool:
        parts: list[Any] = [self.main, self.pictures, self.files]
        if self.correction is not None:
            parts.append(self.correction)
        # Every part is asked, so that all that is wrong shows at once.
        answers = [part.is_valid() for part in parts]
        return all(answers)

    def has_changed(self) -> bool:
        """Whether anything was typed or chosen at all."""
        return any(part.has_changed() for part in (self.main, self.pictures, self.files))

    @property
    def media(self) -> forms.Media:
        return self.main.media + self.pictures.media + self.files.media

    def content(self) -> dict[str, Any]:
        """What was typed, as a revision's content. Only after ``is_valid``."""
        references = list(self.kept_references)
        for name in self.roles:
            references += [
                {"role": name, "type": target._meta.label_lower, "id": target.pk}
                for target in self.main.cleaned_data[name]
            ]
        return contents.from_instance(
            self.main.instance,
            pictures=_rows(self.pictures),
            files=_rows(self.files),
            references=references,
        )


def _rows(formset: forms.BaseFormSet) -> list[dict[str, Any]]:
    rows = []
    for form in formset.forms:
        if form.cleaned_data and not form.cleaned_data.get("DELETE"):
            place = form.cleaned_data.get("ORDER")
            rows.append((len(formset.forms) if place is None else place, form.as_content()))
    return [row for _order, row in sorted(rows, key=lambda pair: pair[0])]


class CorrectionForm(forms.Form):
    """What a change of a text that was public amounts to."""

    change_kind = forms.ChoiceField(
        label=_("What do you change?"),
        required=False,
        choices=[
            ("", _("(say before you submit)")),
            (ChangeKind.SUBSTANCE, ChangeKind.SUBSTANCE.label),
            (ChangeKind.TYPOGRAPHICAL, ChangeKind.TYPOGRAPHICAL.label),
        ],
    )
    public_note = forms.CharField(
        label=_("Public note"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text=_("Readers see this below the text: what was wrong, what is right."),
    )


# --- the verbs' own small forms ----------------------------------------------------------------


class ActionForm(forms.Form):
    """A button that needs no more words."""

    digest = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def arguments(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "digest"}


class OverrideForm(ActionForm):
    override_reason = forms.CharField(
        label=_("Let it pass in spite of the findings, because"),
        max_length=300,
        required=False,
        help_text=_("Only if you must. The reason is logged with your name."),
    )


class ApproveForm(ActionForm):
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
    comment = forms.CharField(
        label=_("What is to be mended"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say what is to be mended; the writer will read it.")},
    )


class ScheduleForm(OverrideForm):
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
    reason = forms.CharField(
        label=_("Reason, which readers will see"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={
            "required": _("Give the reason; readers who follow an old link will see it.")
        },
    )
