"""Uploads are written to disk for signed-in users only, and a full disk loses no other field.

Django parses a post, and writes its files, before it checks the CSRF token in it. Anybody can get a
token from the sign-in page, so without this handler anybody could fill the disk.

If the disk is full, the rest of the post is still parsed. ``StorageFullMiddleware`` then raises the
error before the view, and the page for it gives the fields back.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import (
    FileUploadHandler,
    StopFutureHandlers,
    TemporaryFileUploadHandler,
)
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.datastructures import MultiValueDict

from portal.http.storage_full import is_storage_full

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
        return None if self.is_signed_in else _empty_file(self)


class DiskFullUploadHandler(TemporaryFileUploadHandler):
    """Django's handler for large files, which goes on with the other fields if the disk is full.

    The error is kept as ``request.storage_error``; the file is empty and has its name.
    """

    error: OSError | None = None

    file: Any = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.error = self.file = None
        self._attempt(lambda: super(DiskFullUploadHandler, self).new_file(*args, **kwargs))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.error is None:
            self._attempt(lambda: self.file.write(raw_data))

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if self.error is None:
            self._attempt(lambda: self.file.flush())
        if self.error is not None:
            if self.file is not None:
                self._close()
            return _empty_file(self)
        return super().file_complete(file_size)

    def _close(self) -> None:
        with suppress(OSError):  # closing writes what is buffered, and fails as well
            self.file.close()

    def _attempt(self, write: Callable[[], Any]) -> None:
        try:
            write()
        except OSError as error:
            if not is_storage_full(error):
                raise
            self.error = error
            assert self.request is not None  # noqa: S101  (Django parses the body of a request)
            self.request.storage_error = error  # type: ignore[attr-defined]


class StorageFullMiddleware:
    """Middleware that raises the error of an upload that could not be written, before the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *args: Any) -> None:
        """Raise the error of a post with files, which CSRF protection has parsed.

        A view that is exempt from it may refuse the post without reading it.
        """
        if getattr(view, "csrf_exempt", False):
            return
        if request.method == "POST" and request.content_type == "multipart/form-data":
            _files = request.FILES
            if error := getattr(request, "storage_error", None):
                raise error


def _empty_file(handler: FileUploadHandler) -> InMemoryUploadedFile:
    return InMemoryUploadedFile(
        file=BytesIO(),
        field_name=handler.field_name,
        name=handler.file_name,
        content_type=handler.content_type,
        size=0,
        charset=handler.charset,
        content_type_extra=handler.content_type_extra,
    )
