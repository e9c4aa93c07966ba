"""An xlsx file as an archive of XML: opened, unpacked and parsed within limits."""

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
    CHUNK,
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_ENTRIES,
    MAX_NAMES,
    MAX_RATIO,
    MAX_TOKEN,
    MAX_UNPACKED,
    RATIO_COUNTS_FROM,
)
from .structures import TableError

_MACROS = re.compile(r"(?:^|/)(?:vbaproject|vbadata)[^/]*$|(?:^|/)(?:activex|macrosheets)/")
_CONTENT_TYPES = "[content_types].xml"
_ENTRY = b"PK\x01\x02"
_PASSWORD = 0x1


class Part:
    """Hears what an XML part says; subclasses keep what they need of it.

    Names come without prefixes: writers choose them, and the parts read here need none.
    """

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def text(self, data: str) -> None:
        """Text, in pieces as they come."""


class Package:
    """The parts of an office file; what is unpacked of them in all is counted."""

    def __init__(self, data: bytes) -> None:
        self._packed = len(data)
        self._unpacked = 0
        self._elements = 0
        # Each entry costs memory as soon as the archive is opened.
        if data.count(_ENTRY) > MAX_ENTRIES:
            raise bomb()
        with _refusals():
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in self._archive.infolist():
            # Some writers use backslashes, or capitals other than those in the references.
            name = entry.filename.replace("\\", "/").lstrip("/").lower()
            if name in self._entries:
                raise damaged()
            self._entries[name] = entry
        self._count(sum(entry.file_size for entry in self._entries.values()))
        self.count_anew()
        self._check_kind()

    def count_anew(self) -> None:
        """Forget what has been unpacked: all has been checked, and is to be read once more."""
        self._unpacked = self._elements = 0

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._entries

    def read(self, name: str, part: Part) -> None:
        for _piece in self.listen(name, part):
            pass

    def listen(self, name: str, part: Part) -> Iterator[None]:
        """Let the part hear what stands in the file, piece by piece."""
        names: dict[str, str] = {}
        parser = ParserCreate(None, None, names)
        parser.buffer_text = True
        depth = 0

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            self._elements += 1
            if depth > MAX_DEPTH:
                raise damaged()
            if self._elements > MAX_ELEMENTS:
                raise too_many_cells()
            part.start(tag.rpartition(":")[2] if ":" in tag else tag, attributes)

        def end(tag: str) -> None:
            nonlocal depth
            depth -= 1
            part.end(tag.rpartition(":")[2] if ":" in tag else tag)

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = part.text
        # Entities can only be declared in a doctype, and no table needs one.
        parser.StartDoctypeDeclHandler = _refuse_doctype
        fed = 0
        with _refusals():
            for piece in self._pieces(name):
                parser.Parse(piece, False)
                fed += len(piece)
                if len(names) > MAX_NAMES or fed - parser.CurrentByteIndex > MAX_TOKEN:
                    raise damaged()
                yield
            parser.Parse(b"", True)
        yield

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """Id -> (kind, name) of the parts that this one refers to; for "" those of the package."""
        folder, base = posixpath.split(name)
        listed = posixpath.join(folder, "_rels", f"{base}.rels")
        if listed not in self:
            return {}
        self.read(listed, relations := _Relations())
        return {
            key: (kind.rpartition("/")[2], posixpath.normpath(posixpath.join("/", folder, to))[1:])
            for key, kind, to in relations.found
        }

    def _pieces(self, name: str) -> Iterator[bytes]:
        entry = self._entries.get(name.lower())
        if entry is None:
            raise damaged()
        if entry.flag_bits & _PASSWORD:
            raise password()
        # Office packs in no other way, and others may take gigabytes to unpack.
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise damaged()
        with self._archive.open(entry) as file:
            # What is declared may be a lie. A false length or sum is told at the end.
            while piece := file.read(CHUNK):
                self._count(len(piece))
                yield piece

    def _count(self, size: int) -> None:
        self._unpacked += size
        if self._unpacked > MAX_UNPACKED or (
            self._unpacked > RATIO_COUNTS_FROM and self._unpacked > self._packed * MAX_RATIO
        ):
            raise bomb()

    def _check_kind(self) -> None:
        if any(_MACROS.search(name) for name in self._entries):
            raise _macros()
        if "xl/workbook.bin" in self:
            raise TableError(
                _("This is a binary Excel workbook (xlsb). Save it as xlsx, then upload that.")
            )
        kinds = _Kinds()
        if _CONTENT_TYPES in self:
            self.read(_CONTENT_TYPES, kinds)
        if kinds.macros:
            raise _macros()
        if not kinds.table:
            raise TableError(
                _("This archive is not an Excel table. Save the table as xlsx, then upload that.")
            )


class _Kinds(Part):
    def __init__(self) -> None:
        self.table = self.macros = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("ContentType", "").lower()
        self.table |= "spreadsheetml" in kind
        self.macros |= "macroenabled" in kind or "vbaproject" in kind


class _Relations(Part):
    def __init__(self) -> None:
        self.found: list[tuple[str, str, str]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            if len(self.found) > MAX_ENTRIES:
                raise damaged()
            get = attributes.get
            self.found.append((get("Id", ""), get("Type", ""), get("Target", "")))


@contextmanager
def _refusals() -> Iterator[None]:
    """What zipfile, zlib, expat and numbers in attributes say of a broken file, as a sentence."""
    try:
        yield
    except (
        zipfile.BadZipFile, zlib.error, ExpatError, EOFError, OSError, ValueError,
        LookupError, OverflowError, NotImplementedError, RuntimeError,
    ) as error:  # fmt: skip
        raise damaged() from error


def _refuse_doctype(*_declaration: object) -> None:
    raise TableError(
        _(
            "The file holds definitions that no table needs, and is refused. Open it in Excel or "
            "WPS and save it anew."
        )
    )


def damaged() -> TableError:
    return TableError(
        _(
            "The file is damaged or incomplete. Open it in Excel or WPS, save it anew, then upload "
            "it once more."
        )
    )


def bomb() -> TableError:
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


def password() -> TableError:
    return TableError(_("The file has a password. Save it without a password, then upload that."))


def _macros() -> TableError:
    return TableError(
        _("The file holds macros. Save it without macros (as xlsx), then upload that.")
    )
