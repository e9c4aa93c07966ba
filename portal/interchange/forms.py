"""The form for uploading a sheet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class SheetUploadForm(forms.Form):
    """A form for a file of at most ``max_bytes``; ``too_large`` is the error for a larger file."""

    file = forms.FileField(
        label=_("The sheet"),
        allow_empty_file=True,  # read_table refuses an empty file with a clearer message
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        error_messages={"required": _("Choose the file to upload.")},
    )

    def __init__(
        self,
        request: HttpRequest,
        *,
        max_bytes: int,
        too_large: str,
        label: str | Promise = "",
    ) -> None:
        posted: tuple[Any, ...] = ()
        if request.method == "POST":
            posted = (request.POST, request.FILES)
        super().__init__(*posted)
        self.max_bytes, self.too_large = max_bytes, too_large
        if label:
            self.fields["file"].label = str(label)

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > self.max_bytes:
            raise forms.ValidationError(self.too_large)
        return file
