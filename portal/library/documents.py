"""Uploaded documents: which are taken, by their content, and what is refused in them.

Documents are kept as they came, so that a signature in them stays good; they are only ever handed
out as downloads.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MAX_BYTES = 50 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
MAX_ENTRIES = 10_000
# Office files pack their XML to a twentieth; an honest large table to perhaps a fiftieth.
MAX_RATIO = 100
RATIO_COUNTS_FROM = 20 * 1024 * 1024
NAME_LENGTH = 200

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CONTENT_TYPES = "[Content_Types].xml"
_MAIN_PART = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
_MAIN_TYPE = {
    "docx": b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "xlsx": b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
}
_MACROS = re.compile(r"(?:^|/)(?:vbaProject|vbaData)[^/]*$|(?:^|/)(?:activeX|macrosheets)/", re.I)
_CHUNK = 1024 * 1024


def kind_of(data: bytes) -> str:
    """Say what the document is: pdf, docx or xlsx. Anything else, or worse, is refused."""
    if len(data) > MAX_BYTES:
        raise ValidationError(
            _("The file is larger than 50 MB. Make it smaller, or upload it in parts."),
            code="too_large",
        )
    if data.startswith(b"%PDF-"):
        _check_pdf(data)
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _office_kind(data)
    if data.startswith(_OLE):
        raise ValidationError(
            _(
                "This is an old Office file, or one with a password. Save it as docx, xlsx or PDF "
                "without a password, then upload that."
            ),
            code="old_office",
        )
    raise ValidationError(
        _("Only PDF, Word (docx) and Excel (xlsx) files are accepted. Save it as one of these."),
        code="unknown_kind",
    )


def clean_name(name: str, kind: str) -> str:
    """The name readers get: no folders, nothing invisible, and the ending that is true."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    # Control characters and marks of direction can make a name look like another.
    name = "".join(c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name.strip().replace('"', "'")).strip(" .")
    return f"{(stem or 'file')[: NAME_LENGTH - 5]}.{kind}"


def _check_pdf(data: bytes) -> None:
    if b"%%EOF" not in data[-2048:]:
        raise _damaged()
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise ValidationError(
            _("An archive is hidden in this PDF. Print it to a new PDF, then upload that."),
            code="polyglot",
        )


def _office_kind(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _check_office(archive, len(data))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise _damaged() from error
    except (NotImplementedError, RuntimeError) as error:  # a packing Office never uses; a password
        raise ValidationError(
            _(
                "The file is packed in an unusual way. Open it in Office and save it anew, then "
                "upload that."
            ),
            code="unusual",
        ) from error


def _check_office(archive: zipfile.ZipFile, packed: int) -> str:
    entries = archive.infolist()
    declared = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or _is_bomb(declared, packed):
        raise _bomb()
    listed = [entry.filename for entry in entries]
    if any(_MACROS.search(name) for name in listed):
        raise _macros()
    if len(set(listed)) != len(listed) or any(".." in n.split("/") or n[:1] == "/" for n in listed):
        raise _damaged()
    kind = next((kind for kind, part in _MAIN_PART.items() if part in listed), None)
    if kind is None or _CONTENT_TYPES not in listed:
        raise ValidationError(
            _("This archive is neither a Word nor an Excel file. Upload its files one by one."),
            code="archive",
        )
    # What is declared may be a lie: unpack it all, piece by piece, and count. Sums are checked too.
    content_types = b""
    unpacked = 0
    for entry in entries:
        with archive.open(entry) as part:
            while piece := part.read(_CHUNK):
                unpacked += len(piece)
                if _is_bomb(unpacked, packed):
                    raise _bomb()
                if entry.filename == _CONTENT_TYPES:
                    content_types += piece
    if b"macroenabled" in content_types.lower() or b"vbaproject" in content_types.lower():
        raise _macros()
    if _MAIN_TYPE[kind] not in content_types:
        raise _damaged()
    return kind


def _is_bomb(unpacked: int, packed: int) -> bool:
    return unpacked > MAX_UNPACKED or (
        unpacked > RATIO_COUNTS_FROM and unpacked > packed * MAX_RATIO
    )


def _damaged() -> ValidationError:
    return ValidationError(
        _("The file is damaged or incomplete. Fetch it from its source once more."), code="damaged"
    )


def _bomb() -> ValidationError:
    return ValidationError(
        _("The file unpacks to an enormous size and is refused. Save it as PDF and upload that."),
        code="bomb",
    )


def _macros() -> ValidationError:
    return ValidationError(
        _("The file holds macros. Save it without macros (as docx or xlsx), then upload that."),
        code="macros",
    )
