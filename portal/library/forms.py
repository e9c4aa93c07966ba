"""Upload forms of the library's admin."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.http import media_types
from portal.library.actions import (
    add_attachment,
    add_image,
    prepare_attachment,
    prepare_image,
)
from portal.library.models import Attachment, Image, MediaFile

#: Values of the HTML attribute ``accept`` of file inputs.
IMAGE_ACCEPT = ",".join(
    (
        media_types.JPEG,
        media_types.PNG,
        media_types.WEBP,
        media_types.AVIF,
        media_types.GIF,
        media_types.TIFF,
        media_types.BMP,
        media_types.HEIC,
        media_types.HEIF,
        # Many systems know no media type of these files.
        ".heic",
        ".heif",
    )
)
ATTACHMENT_ACCEPT = ".pdf,.docx,.xlsx,.pptx"


class UploadForm(forms.ModelForm):
    """Form that adds a file by an action of the library; errors appear at the file field."""

    # The admin sets both on the subclass that it makes for each request.
    by: ClassVar[User]
    #: The result of ``prepare``: a row, or the error that it raised; None without a file.
    prepared: ClassVar[MediaFile | forms.ValidationError | None] = None

    upload = forms.FileField(label=_("File"))

    field_order = ["upload"]

    @staticmethod
    def prepare(*, file: Any, by: User) -> MediaFile:
        """Read the file, which takes time, before the admin opens its transaction."""
        raise NotImplementedError

    def _add_to_library(self, *, upload: Any, **words: Any) -> MediaFile:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if isinstance(self.prepared, forms.ValidationError):
            self.add_error("upload", self.prepared)
        if not self.errors:
            try:
                self.media_file = self._add_to_library(**data, prepared=self.prepared)
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
        help_text=_(
            "JPEG up to 250 million pixels; PNG, GIF, TIFF or BMP up to 40 million; HEIC up to 25 "
            "million; WebP or AVIF up to 16 million. At most 20 MB."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": IMAGE_ACCEPT}),
    )

    class Meta:
        model = Image
        fields = ["title", "alt", "credit"]

    prepare = staticmethod(prepare_image)

    def _add_to_library(self, *, upload: Any, **words: Any) -> MediaFile:
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

    prepare = staticmethod(prepare_attachment)

    def _add_to_library(self, *, upload: Any, **words: Any) -> MediaFile:
        return add_attachment(file=upload, by=self.by, **words)
