"""Checks of uploaded documents: which kinds are accepted, and which contents are refused.

The kind is detected from the content. Documents are stored unchanged, so that digital signatures in
them stay valid, and are served as downloads only.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from portal.http import media_types

MAX_UPLOAD_BYTES = 50 * 1024 * 1024
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_ENTRIES = 10_000
# Maximum ratio of unpacked to packed size, against zip bombs. Office files compress their XML to
# about a twentieth, large tables to perhaps a fiftieth.
MAX_COMPRESSION_RATIO = 100
MIN_BYTES_FOR_RATIO = 20 * 1024 * 1024
MAX_NAME_LENGTH = 200

_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CONTENT_TYPES_PART = "[Content_Types].xml"
_MAIN_TYPE = {
    "docx": f"{media_types.DOCX}.main+xml".encode(),
    "xlsx": f"{media_types.XLSX}.main+xml".encode(),
    "pptx": f"{media_types.PPTX}.main+xml".encode(),
}
#: Templates and slide shows: programs refuse one whose name ends like that of an ordinary file.
_OTHER_MAIN_TYPE = re.compile(
    rb"application/vnd\.openxmlformats-officedocument\."
    rb"(?:wordprocessingml|spreadsheetml|presentationml)\.(?:template|slideshow)\.main\+xml"
)
_MACROS = re.compile(r"(?:^|/)(?:vbaProject|vbaData)[^/]*$|(?:^|/)(?:activeX|macrosheets)/", re.I)
_CHUNK_BYTES = 1024 * 1024


def detect_kind(data: bytes) -> str:
    """Return the kind of a document: "pdf", "docx", "xlsx" or "pptx".

    Raises ``ValidationError`` with one sentence for the user if the document is not accepted.
    """
    if len(data) > MAX_UPLOAD_BYTES:
        raise ValidationError(
            _("The file is larger than 50 MB. Make it smaller, or upload it in parts."),
            code="too_large",
        )
    if data.startswith(b"%PDF-"):
        _check_pdf(data)
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _detect_office_kind(data)
    if data.startswith(_OLE_SIGNATURE):
        raise ValidationError(
            _(
                "This is an old Office file, or one with a password. Save it as docx, xlsx, pptx "
                "or PDF without a password, then upload that."
            ),
            code="old_office",
        )
    raise ValidationError(
        _(
            "Only PDF, Word (docx), Excel (xlsx) and PowerPoint (pptx) files are accepted. Save it "
            "as one of these."
        ),
        code="unknown_kind",
    )


def clean_name(name: str, kind: str) -> str:
    """Return the name for downloads: no folders, no invisible characters, the suffix ``kind``."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    # Control characters and direction marks can make a file name look like another file name.
    name = "".join(c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name.strip().replace('"', "'")).strip(" .")
    return f"{(stem or 'file')[: MAX_NAME_LENGTH - 5]}.{kind}"


def _check_pdf(data: bytes) -> None:
    if b"%%EOF" not in data[-2048:]:
        raise _damaged_error()
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise ValidationError(
            _("An archive is hidden in this PDF. Print it to a new PDF, then upload that."),
            code="polyglot",
        )


def _detect_office_kind(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _check_office_archive(archive, len(data))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise _damaged_error() from error
    # NotImplementedError means an unknown compression, RuntimeError a password.
    except (NotImplementedError, RuntimeError) as error:
        raise ValidationError(
            _(
                "The file is packed in an unusual way. Open it in Office and save it anew, then "
                "upload that."
            ),
            code="unusual",
        ) from error


def _check_office_archive(archive: zipfile.ZipFile, packed: int) -> str:
    entries = archive.infolist()
    declared = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or _is_bomb(declared, packed):
        raise _bomb_error()
    names = [entry.filename for entry in entries]
    if any(_MACROS.search(name) for name in names):
        raise _macros_error()
    if len(set(names)) != len(names) or any(".." in n.split("/") or n[:1] == "/" for n in names):
        raise _damaged_error()
    if _CONTENT_TYPES_PART not in names:
        raise _archive_error()
    # The sizes in the archive's directory can be false. Therefore every entry is decompressed in
    # chunks, which also verifies the checksums.
    content_types = b""
    unpacked = 0
    for entry in entries:
        with archive.open(entry) as part:
            while piece := part.read(_CHUNK_BYTES):
                unpacked += len(piece)
                if _is_bomb(unpacked, packed):
                    raise _bomb_error()
                if entry.filename == _CONTENT_TYPES_PART:
                    content_types += piece
    if b"macroenabled" in content_types.lower() or b"vbaproject" in content_types.lower():
        raise _macros_error()
    # The main part may have any name: Word Online writes word/document2.xml.
    kind = next((kind for kind, main in _MAIN_TYPE.items() if main in content_types), None)
    if kind is None:
        is_template = _OTHER_MAIN_TYPE.search(content_types)
        raise _template_error() if is_template else _archive_error()
    return kind


def _is_bomb(unpacked: int, packed: int) -> bool:
    return unpacked > MAX_UNPACKED_BYTES or (
        unpacked > MIN_BYTES_FOR_RATIO and unpacked > packed * MAX_COMPRESSION_RATIO
    )


def _damaged_error() -> ValidationError:
    return ValidationError(
        _("The file is damaged or incomplete. Fetch it from its source once more."), code="damaged"
    )


def _archive_error() -> ValidationError:
    return ValidationError(
        _("This archive is no Word, Excel or PowerPoint file. Upload its files one by one."),
        code="archive",
    )


def _template_error() -> ValidationError:
    return ValidationError(
        _("This is a template or a slide show. Save it as docx, xlsx or pptx, then upload that."),
        code="template",
    )


def _bomb_error() -> ValidationError:
    return ValidationError(
        _("The file unpacks to an enormous size and is refused. Save it as PDF and upload that."),
        code="bomb",
    )


def _macros_error() -> ValidationError:
    return ValidationError(
        _(
            "The file holds macros. Save it without macros (as docx, xlsx or pptx), then upload "
            "that."
        ),
        code="macros",
    )
