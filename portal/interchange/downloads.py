"""Download responses of tables."""

from __future__ import annotations

from collections.abc import Callable
from tempfile import TemporaryFile
from typing import IO

from django.http import FileResponse

from portal.http import media_types

from .writing import write_csv, write_xlsx

WRITERS = {"xlsx": write_xlsx, "csv": write_csv}
MEDIA_TYPES = {"xlsx": media_types.XLSX, "csv": media_types.utf8(media_types.CSV)}


def table_response(write: Callable[[IO[bytes]], None], *, name: str, kind: str) -> FileResponse:
    """Return a download with the file name ``name.kind``.

    ``write`` writes the whole file to a temporary file before the response begins: an error in it
    then results in an error page instead of an incomplete file.
    """
    stream = TemporaryFile()  # noqa: SIM115  (the response closes it)
    try:
        write(stream)
        stream.seek(0)
    except BaseException:
        stream.close()
        raise
    return FileResponse(
        stream, as_attachment=True, filename=f"{name}.{kind}", content_type=MEDIA_TYPES[kind]
    )
