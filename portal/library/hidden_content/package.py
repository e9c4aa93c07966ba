"""Reader and writer of Office files (Open Packaging Conventions): zip archives of parts.

Parts are found by the relationships between them, never by their names. A part to which no
relationship leads is not copied.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from . import limits, xml_tree
from .findings import UnreadableDocument

_CONTENT_TYPES = "[content_types].xml"
_DIRECTORY_ENTRY = b"PK\x01\x02"
_ENCRYPTED_FLAG = 0x1


@dataclass(frozen=True)
class Relationship:
    """A relationship from a part (or from the package, "") to a part or to something outside."""

    source: str
    key: str
    type: str
    target: str
    is_external: bool

    @property
    def kind(self) -> str:
        """The last segment of the type, without hyphens and capital letters.

        The transitional and the strict form of Office files differ before it.
        """
        return self.type.rpartition("/")[2].replace("-", "").lower()


class Package:
    """The parts of an Office file; changes are collected and written by ``write``."""

    def __init__(self, data: bytes) -> None:
        if data.count(_DIRECTORY_ENTRY) > limits.MAX_ENTRIES:
            raise UnreadableDocument("too many entries")
        self._unpacked = 0
        self._changed: dict[str, bytes] = {}
        self._removed: set[tuple[str, str]] = set()
        self._redirected: dict[tuple[str, str], str] = {}
        self._relationships: dict[str, list[Relationship]] = {}
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise UnreadableDocument(str(error)) from error
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in self._archive.infolist():
            name = entry.filename.replace("\\", "/").lstrip("/").lower()
            if name in self._entries:
                raise UnreadableDocument("two entries of one name")
            self._entries[name] = entry
        if _CONTENT_TYPES not in self._entries:
            raise UnreadableDocument("no content types")

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a part; its name is in lower case."""
        if name in self._changed:
            yield self._changed[name]
            return
        entry = self._entries.get(name)
        if entry is None:
            raise UnreadableDocument(f"no part {name}")
        if entry.flag_bits & _ENCRYPTED_FLAG or entry.compress_type not in {
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        }:
            raise UnreadableDocument("an entry that is packed in an unusual way")
        size = 0
        try:
            with self._archive.open(entry) as file:
                while chunk := file.read(limits.CHUNK_BYTES):
                    size += len(chunk)
                    self._unpacked += len(chunk)
                    if self._unpacked > limits.MAX_UNPACKED_BYTES:
                        raise UnreadableDocument("unpacked beyond the limit")
                    if size > limits.MAX_PART_BYTES:
                        raise UnreadableDocument("a part beyond the limit")
                    yield chunk
        except (
            zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError,
            NotImplementedError, RuntimeError,
        ) as error:  # fmt: skip
            raise UnreadableDocument(str(error)) from error

    def read(self, name: str) -> bytes:
        return b"".join(self.chunks(name))

    def tree(self, name: str) -> xml_tree.Node:
        """Parse a part and return its root element."""
        return xml_tree.parse(self.read(name))

    def replace(self, name: str, data: bytes) -> None:
        """Replace the bytes of a part."""
        self._changed[name] = data

    def relationships(self, source: str) -> list[Relationship]:
        """Return the relationships of a part, or of the package (""), that were not removed."""
        if source not in self._relationships:
            self._relationships[source] = list(self._read_relationships(source))
        return [
            each
            for each in self._relationships[source]
            if (each.source, each.key) not in self._removed
        ]

    def related(self, source: str, *kinds: str) -> list[Relationship]:
        """Return the relationships of these kinds that lead from a part to existing parts."""
        return [
            each
            for each in self.relationships(source)
            if each.kind in kinds and not each.is_external and each.target in self
        ]

    def remove(self, relationship: Relationship) -> None:
        """Remove a relationship; its target is not written if nothing else leads to it."""
        self._removed.add((relationship.source, relationship.key))

    def redirect(self, relationship: Relationship, target: str) -> None:
        """Replace the target of a relationship to something outside."""
        self._redirected[relationship.source, relationship.key] = target

    def main_part(self) -> str:
        """Return the name of the main part: the document, workbook or presentation."""
        found = self.related("", "officedocument")
        if not found:
            raise UnreadableDocument("no main part")
        return found[0].target

    def reachable(self) -> list[str]:
        """Return the names of all parts to which relationships lead, in breadth-first order."""
        names: dict[str, None] = {}
        pending = [""]
        count = 0
        while pending:
            sources, pending = pending, []
            for source in sources:
                for each in self.relationships(source):
                    count += 1
                    if count > limits.MAX_RELATIONSHIPS:
                        raise UnreadableDocument("too many relationships")
                    if each.is_external or each.target not in self or each.target in names:
                        continue
                    names[each.target] = None
                    pending.append(each.target)
        return list(names)

    def write(self) -> bytes:
        """Return the file with the changes: the parts that relationships reach, in their order."""
        wanted = {_CONTENT_TYPES, *self.reachable()}
        wanted |= {_relationships_part(name) for name in ("", *wanted)}
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, entry in self._entries.items():
                if name not in wanted:
                    continue
                # A new entry drops extra fields and comments, which may contain anything.
                copy = zipfile.ZipInfo(entry.filename.replace("\\", "/").lstrip("/"))
                copy.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(copy, self._written(name, wanted))
        return output.getvalue()

    def _written(self, name: str, wanted: set[str]) -> bytes:
        if name == _CONTENT_TYPES:
            return self._filtered(name, lambda node: _is_type_of(node, wanted))
        if name.endswith(".rels"):
            keys = {key for source, key in self._removed if _relationships_part(source) == name}
            targets = {
                key: target
                for (source, key), target in self._redirected.items()
                if _relationships_part(source) == name
            }
            if keys or targets:
                return self._filtered(
                    name, lambda node: node.attributes.get("Id") not in keys, targets
                )
        return self.read(name)

    def _filtered(
        self,
        name: str,
        is_wanted: Callable[[xml_tree.Node], bool],
        targets: Mapping[str, str] | None = None,
    ) -> bytes:
        """Return a part with the wanted elements, and with other targets of relationships."""
        root = self.tree(name)
        for node in root.elements() if targets else ():
            key = node.attributes.get("Id", "")
            if targets and key in targets:
                node.attributes["Target"] = targets[key]
        root.remove([node for node in root.elements() if not is_wanted(node)])
        return xml_tree.serialise(root)

    def _read_relationships(self, source: str) -> Iterator[Relationship]:
        name = _relationships_part(source)
        if name not in self:
            return
        folder = posixpath.dirname(source)
        for node in self.tree(name).elements():
            get = node.attributes.get
            target, is_external = get("Target", ""), get("TargetMode") == "External"
            if not is_external:
                target = unquote(target.partition("#")[0]).replace("\\", "/")
                target = posixpath.normpath(posixpath.join("/", folder, target))[1:].lower()
            yield Relationship(source, get("Id", ""), get("Type", ""), target, is_external)


def _relationships_part(name: str) -> str:
    folder, base = posixpath.split(name)
    return posixpath.join(folder, "_rels", f"{base}.rels")


def _is_type_of(node: xml_tree.Node, wanted: set[str]) -> bool:
    """Return whether an entry of the content types concerns a part that is written."""
    part = node.attributes.get("PartName")
    return part is None or unquote(part).lstrip("/").lower() in wanted
