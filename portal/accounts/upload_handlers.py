"""Uploads are written to disk for signed-in users only.

Django parses a post, and writes its files, before it checks the CSRF token in it. Anybody can get a
token from the sign-in page, so without this handler anybody could fill the disk.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.db import DatabaseError, InterfaceError
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

#: Maximum size in bytes of a body that is read for a visitor who is not signed in. An editor whose
#: session has expired may send an attachment of the largest size (50 MB) and a text.
MAX_ANONYMOUS_BYTES = 64 * 1024 * 1024


class SignedInUploadHandler(FileUploadHandler):
    """Discard the contents of files unless the user is signed in; keep their names.

    The names are shown after signing in again, since the files must be chosen anew. A larger body
    than ``MAX_ANONYMOUS_BYTES`` is not read at all, nor are its other fields.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> tuple[QueryDict, MultiValueDict] | None:
        """Return no fields and no files for a body that is too large; otherwise have it parsed."""
        self.is_signed_in = self._is_signed_in()
        if not self.is_signed_in and content_length > MAX_ANONYMOUS_BYTES:
            return QueryDict(encoding=encoding), MultiValueDict()
        return None

    def _is_signed_in(self) -> bool:
        user = getattr(self.request, "user", None)
        try:
            return user is not None and user.is_authenticated
        except (
            DatabaseError,
            InterfaceError,
        ):  # the view fails as well; the page for it gives the fields back
            return False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if not self.is_signed_in:
            raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Pass the data to the next handler, or discard it."""
        return raw_data if self.is_signed_in else None

    def file_complete(self, file_size: int) -> InMemoryUploadedFile | None:
        """Return an empty file of the same name, or None if the next handler has the file."""
        if self.is_signed_in:
            return None
        return InMemoryUploadedFile(
            file=BytesIO(),
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=0,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
