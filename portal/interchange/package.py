"""Reader of xlsx files as zip archives of XML parts, within limits on their size."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from xml.parsers.expat import ExpatError, ParserCreate

from django.utils.translation import gettext as _

from .limits import (
    CHUNK_BYTES,
    MAX_COMPRESSION_RATIO,
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_ENTRIES,
    MAX_TOKEN_BYTES,
    MAX_UNPACKED_BYTES,
    MAX_XML_NAMES,
    MIN_BYTES_FOR_RATIO,
)
from .structures import TableError

_MACROS = re.compile(r"(?:^|/)(?:vbaproject|vbadata)[^/]*$|(?:^|/)(?:activex|macrosheets)/")
_CONTENT_TYPES = "[content_types].xml"
_DIRECTORY_ENTRY = b"PK\x01\x02"
_ENCRYPTED_FLAG = 0x1


class PartHandler:
    """Base class of handlers for the parse events of an XML part.

    Subclasses store the data that they need. Names are passed without their namespace prefix,
    because each program chooses its own prefixes.
    """

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Handle the start tag of an element."""

    def end(self, tag: str) -> None:
        """Handle the end tag of an element."""

    def text(self, data: str) -> None:
        """Handle a piece of text; the text of an element may be passed in several pieces."""


class Package:
    """The parts of an office file, with a limit on the unpacked bytes of all parts together."""

    def __init__(self, data: bytes) -> None:
        self._packed = len(data)
        self._unpacked = 0
        self._elements = 0
        # The number of entries is checked first, because zipfile allocates memory for each entry
        # when it opens the archive.
        if data.count(_DIRECTORY_ENTRY) > MAX_ENTRIES:
            raise zip_bomb()
        with _errors_as_table_error():
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in self._archive.infolist():
            # Some programs use backslashes in the names, or other capital letters than in the
            # references.
            name = entry.filename.replace("\\", "/").lstrip("/").lower()
            if name in self._entries:
                raise damaged_file()
            self._entries[name] = entry
        self._add_unpacked(sum(entry.file_size for entry in self._entries.values()))
        self.reset_counters()
        self._check_kind()

    def reset_counters(self) -> None:
        """Reset the counters, before parts that have been checked are read a second time."""
        self._unpacked = self._elements = 0

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._entries

    def read(self, name: str, handler: PartHandler) -> None:
        """Parse a whole part and pass its events to the handler."""
        for _chunk in self.parse(name, handler):
            pass

    def parse(self, name: str, handler: PartHandler) -> Iterator[None]:
        """Parse a part and pass its events to the handler; yield after each chunk."""
        names: dict[str, str] = {}
        parser = ParserCreate(None, None, names)
        parser.buffer_text = True
        depth = 0

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            self._elements += 1
            if depth > MAX_DEPTH:
                raise damaged_file()
            if self._elements > MAX_ELEMENTS:
                raise too_many_cells()
            handler.start(tag.rpartition(":")[2] if ":" in tag else tag, attributes)

        def end(tag: str) -> None:
            nonlocal depth
            depth -= 1
            handler.end(tag.rpartition(":")[2] if ":" in tag else tag)

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = handler.text
        # Entities can only be declared in a doctype, which no spreadsheet program writes.
        parser.StartDoctypeDeclHandler = _refuse_doctype
        bytes_fed = 0
        with _errors_as_table_error():
            for chunk in self._chunks(name):
                parser.Parse(chunk, False)
                bytes_fed += len(chunk)
                if (
                    len(names) > MAX_XML_NAMES
                    or bytes_fed - parser.CurrentByteIndex > MAX_TOKEN_BYTES
                ):
                    raise damaged_file()
                yield
            parser.Parse(b"", True)
        yield

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """Return the parts to which a part refers, as reference id -> (kind, name).

        The name "" stands for the package itself.
        """
        folder, base = posixpath.split(name)
        relations_name = posixpath.join(folder, "_rels", f"{base}.rels")
        if relations_name not in self:
            return {}
        self.read(relations_name, relations := _RelationsHandler())
        return {
            key: (kind.rpartition("/")[2], posixpath.normpath(posixpath.join("/", folder, to))[1:])
            for key, kind, to in relations.found
        }

    def _chunks(self, name: str) -> Iterator[bytes]:
        entry = self._entries.get(name.lower())
        if entry is None:
            raise damaged_file()
        if entry.flag_bits & _ENCRYPTED_FLAG:
            raise password_protected()
        # Office programs use no other compression methods, and other methods may need gigabytes of
        # memory.
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise damaged_file()
        with self._archive.open(entry) as file:
            # Count the bytes while unpacking: the declared size may be false, and zipfile checks
            # length and checksum only at the end.
            while chunk := file.read(CHUNK_BYTES):
                self._add_unpacked(len(chunk))
                yield chunk

    def _add_unpacked(self, size: int) -> None:
        self._unpacked += size
        if self._unpacked > MAX_UNPACKED_BYTES or (
            self._unpacked > MIN_BYTES_FOR_RATIO
            and self._unpacked > self._packed * MAX_COMPRESSION_RATIO
        ):
            raise zip_bomb()

    def _check_kind(self) -> None:
        if any(_MACROS.search(name) for name in self._entries):
            raise _has_macros()
        if "xl/workbook.bin" in self:
            raise TableError(
                _("This is a binary Excel workbook (xlsb). Save it as xlsx, then upload that.")
            )
        kinds = _ContentTypesHandler()
        if _CONTENT_TYPES in self:
            self.read(_CONTENT_TYPES, kinds)
        if kinds.has_macros:
            raise _has_macros()
        if not kinds.has_table:
            raise TableError(
                _("This archive is not an Excel table. Save the table as xlsx, then upload that.")
            )


class _ContentTypesHandler(PartHandler):
    def __init__(self) -> None:
        self.has_table = self.has_macros = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("ContentType", "").lower()
        self.has_table |= "spreadsheetml" in kind
        self.has_macros |= "macroenabled" in kind or "vbaproject" in kind


class _RelationsHandler(PartHandler):
    def __init__(self) -> None:
        self.found: list[tuple[str, str, str]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            if len(self.found) > MAX_ENTRIES:
                raise damaged_file()
            get = attributes.get
            self.found.append((get("Id", ""), get("Type", ""), get("Target", "")))


@contextmanager
def _errors_as_table_error() -> Iterator[None]:
    """Convert errors of zipfile, zlib, expat and number parsing to a TableError."""
    try:
        yield
    except (
        zipfile.BadZipFile, zlib.error, ExpatError, EOFError, OSError, ValueError,
        LookupError, OverflowError, NotImplementedError, RuntimeError,
    ) as error:  # fmt: skip
        raise damaged_file() from error


def _refuse_doctype(*_declaration: object) -> None:
    raise TableError(
        _(
            "The file holds definitions that no table needs, and is refused. Open it in Excel or "
            "WPS and save it anew."
        )
    )


def damaged_file() -> TableError:
    return TableError(
        _(
            "The file is damaged or incomplete. Open it in Excel or WPS, save it anew, then upload "
            "it once more."
        )
    )


def zip_bomb() -> TableError:
    return TableError(
        _(
            "The file unpacks to an enormous size and is refused. Copy the table into a new file "
            "and upload that."
        )
    )


def too_many_cells() -> TableError:
    return TableError(
        _(
            "The file holds far too many cells, most of them perhaps empty. Copy the table alone "
            "into a new file and upload that."
        )
    )


def password_protected() -> TableError:
    return TableError(_("The file has a password. Save it without a password, then upload that."))


def _has_macros() -> TableError:
    return TableError(
        _("The file holds macros. Save it without macros (as xlsx), then upload that.")
    )
