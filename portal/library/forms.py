"""Upload forms of the library's admin."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.http import media_types
from portal.library.actions import add_attachment, add_image
from portal.library.models import Attachment, Image, MediaFile

#: Values of the HTML attribute ``accept`` of file inputs.
IMAGE_ACCEPT = ",".join(
    (
        media_types.JPEG,
        media_types.PNG,
        media_types.WEBP,
        media_types.AVIF,
        media_types.GIF,
    )
)
ATTACHMENT_ACCEPT = ".pdf,.docx,.xlsx,.pptx"


class UploadForm(forms.ModelForm):
    """Form that adds a file by an action of the library; errors appear at the file field."""

    by: ClassVar[User]  # the admin sets it on the subclass that it makes for each request

    upload = forms.FileField(label=_("File"))

    field_order = ["upload"]

    def _add_to_library(self, *, upload: Any, **words: str) -> MediaFile:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                self.media_file = self._add_to_library(**data)
            except forms.ValidationError as error:
                self.add_error("upload", error)
        return data

    def _post_clean(self) -> None:
        """Build no instance: the action has already validated and saved the row."""

    def save(self, commit: bool = True) -> MediaFile:
        return self.media_file

    def save_m2m(self) -> None:
        """Do nothing: images and attachments have no many-to-many fields."""


class ImageUploadForm(UploadForm):
    upload = forms.FileField(
        label=_("Picture"),
        help_text=_("JPEG, PNG, WebP, AVIF or GIF, up to 20 MB and 40 million pixels."),
        widget=forms.ClearableFileInput(attrs={"accept": IMAGE_ACCEPT}),
    )

    class Meta:
        model = Image
        fields = ["title", "alt", "credit"]

    def _add_to_library(self, *, upload: Any, **words: str) -> MediaFile:
        return add_image(file=upload, by=self.by, **words)


class AttachmentUploadForm(UploadForm):
    upload = forms.FileField(
        label=_("File"),
        help_text=_(
            "PDF, Word (docx), Excel (xlsx) or PowerPoint (pptx), up to 50 MB, without macros."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ATTACHMENT_ACCEPT}),
    )

    class Meta:
        model = Attachment
        fields = ["title"]

    def _add_to_library(self, *, upload: Any, **words: str) -> MediaFile:
        return add_attachment(file=upload, by=self.by, **words)
