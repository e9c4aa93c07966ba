"""Forms for the content of a revision. They never write the object's public row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.library import richtext
from portal.library.models import Attachment, Image

from . import content as contents
from .admin_base import PublishableAdminBase
from .check_results import CheckResult
from .models import Publishable, Revision
from .states import ChangeKind


class RowForm(forms.Form):
    """The form of an attached row; ``media_field`` is the name of its image or file field."""

    media_field: str

    def as_content(self) -> dict[str, Any]:
        row = {name: value for name, value in self.cleaned_data.items() if name in self.base_fields}
        row[self.media_field] = row[self.media_field].pk
        return row

    @property
    def media_file(self) -> Image | Attachment | None:
        """The chosen image or file, or None; also available if the form is invalid."""
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
    """All forms of one publishable object: columns, attached rows, and correction note.

    ``correctable`` is true if the object has a released text, so that a change has a kind and a
    note.
    """

    def __init__(
        self,
        admin: PublishableAdminBase,
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
        # Bound formsets get no initial rows. An autosave may have stored an added row already; the
        # row would then equal the initial row, count as unchanged and be dropped.
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
        self._other_references = [row for row in references if row["role"] not in self.roles]

    def show_check_results(self, results: Iterable[CheckResult]) -> None:
        """Add the results of the content checks to the help texts of their fields."""
        parts = [self.main, self.correction] if self.correction else [self.main]
        for result in results:
            for part in parts:
                if field := part.fields.get(result.field):
                    html = '<strong class="check-result">{}</strong> {}'
                    field.help_text = format_html(html, result.message, field.help_text)

    def is_valid(self) -> bool:
        parts: list[Any] = [self.main, self.pictures, self.files]
        if self.correction is not None:
            parts.append(self.correction)
        # Every form is validated, even after an invalid one, so that the page shows all errors.
        validities = [part.is_valid() for part in parts]
        return all(validities)

    def has_changed(self) -> bool:
        """Return whether the value of any field differs from its initial value."""
        return any(part.has_changed() for part in (self.main, self.pictures, self.files))

    @property
    def text_changes(self) -> list[str]:
        """What the cleaning of the rich texts took out or changed, as sentences."""
        return [
            gettext("%(field)s: %(change)s.") % {"field": field.label, "change": change}
            for field in self.main.fields.values()
            if isinstance(field, richtext.RichTextFormField)
            for change in field.changes
        ]

    @property
    def media(self) -> forms.Media:
        return self.main.media + self.pictures.media + self.files.media

    def content(self) -> dict[str, Any]:
        """Return the cleaned data in the format of a revision's content.

        Call ``is_valid`` before.
        """
        references = list(self._other_references)
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
    """Return the rows that are not deleted, sorted by ORDER; rows without ORDER are last."""
    rows = []
    for form in formset.forms:
        if form.cleaned_data and not form.cleaned_data.get("DELETE"):
            order = form.cleaned_data.get("ORDER")
            rows.append((len(formset.forms) if order is None else order, form.as_content()))
    return [row for _order, row in sorted(rows, key=lambda pair: pair[0])]


class CorrectionForm(forms.Form):
    """The kind of a change to a released text, and its note for readers."""

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
