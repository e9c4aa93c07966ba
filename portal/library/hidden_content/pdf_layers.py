"""Removal of hidden layers (optional content that is off) from a PDF.

A layer's content lies between marks in the streams of pages and forms, or is a form or picture of
its own. Whatever is not certain is an obstacle: the document then gets the finding, and no copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pypdf
from pypdf.generic import (
    ArrayObject,
    ContentStream,
    DictionaryObject,
    NameObject,
    NullObject,
    StreamObject,
)

from . import limits
from .findings import Kind, Obstacle, Report
from .pdf_operations import TEXT_OF_TAGS, UncertainContent, remove_hidden_content, used_names

#: A key that marks hidden layers, so that one which is still reachable in the copy is noticed.
_MARK = "/PortalHiddenLayer"
#: The categories of resources that can hold words or pictures.
_PRUNED = ("/Font", "/XObject", "/Properties", "/Pattern", "/Shading")
#: Operators that name something in the resources.
_USES_RESOURCES = re.compile(rb"\b(?:Do|BDC|Tf)\b")
_PRIVATE = ("/PieceInfo", "/Thumb")


def remove_hidden_layers(writer: pypdf.PdfWriter, report: Report) -> None:
    """Report the layers that are off and remove them with their content."""
    layers = _Layers(writer)
    count = layers.count()
    if not count:
        return
    report.add(Kind.HIDDEN_LAYERS, count)
    if report.obstacles:
        return
    try:
        layers.require_certain()
        _LayerCleaner(writer, layers).clean()
    except UncertainContent:
        report.block(Obstacle.DEPENDENT_CONTENT)


def has_hidden_layers(writer: pypdf.PdfWriter) -> bool:
    """Return whether a copy still contains a layer that should have been removed."""
    return any(isinstance(each, DictionaryObject) and _MARK in each for each in writer._objects)


class _Layers:
    """The layers of a document and which of them are off."""

    def __init__(self, writer: pypdf.PdfWriter) -> None:
        self._objects = [each for each in writer._objects if isinstance(each, DictionaryObject)]
        self.properties = value_of(writer.root_object, "/OCProperties")
        self.off: set[int] = set()
        self.is_certain = True
        if isinstance(self.properties, DictionaryObject):
            self._read(self.properties)

    def _read(self, properties: DictionaryObject) -> None:
        config = value_of(properties, "/D") or DictionaryObject()
        groups = {number_of(each): each for each in value_of(properties, "/OCGs") or ()}
        off = {number_of(each) for each in value_of(config, "/OFF") or ()}
        if value_of(config, "/BaseState") == "/OFF":
            off |= groups.keys() - {number_of(each) for each in value_of(config, "/ON") or ()}
        for number, group in groups.items():
            usage = value_of(group.get_object(), "/Usage") or DictionaryObject()
            state = value_of(value_of(usage, "/View"), "/ViewState")
            if number not in off and state != "/OFF":
                continue
            self.off.add(number)
            # Programs disagree which of the two states counts, and whether intents do.
            intents = value_of(group.get_object(), "/Intent") or "/View"
            is_ambiguous = (
                (state is not None and (state == "/OFF") != (number in off))
                or value_of(value_of(usage, "/Print"), "/PrintState") == "/ON"
                or any(key in usage for key in ("/Zoom", "/Language", "/User"))
                or not {"/View", "/All"} & set(_as_list(intents))
            )
            self.is_certain = self.is_certain and not is_ambiguous

    def count(self) -> int:
        """Return the number of layers that are off, and of other conditions that hide content."""
        conditions = [each for each in self._objects if value_of(each, "/Type") == "/OCMD"]
        hidden = [each for each in conditions if self._hides_by_condition(each)]
        return len(self.off) + sum(not self._groups(each) & self.off for each in hidden)

    def require_certain(self) -> None:
        """Raise ``UncertainContent`` if it depends on the program what is hidden."""
        if not self.is_certain:
            raise UncertainContent
        for each in self._objects:
            if value_of(each, "/Type") != "/OCMD":
                continue
            if "/VE" in each or (
                self._groups(each) & self.off and not self._hides_by_condition(each)
            ):
                raise UncertainContent

    def hides(self, reference: Any) -> bool:
        """Return whether content that belongs to this layer or condition is hidden."""
        if reference is None:
            return False
        if number_of(reference) in self.off:
            return True
        target = reference.get_object()
        return value_of(target, "/Type") == "/OCMD" and self._hides_by_condition(target)

    def _groups(self, condition: DictionaryObject) -> set[int]:
        # Not ``value_of``: a single group is a reference, whose number counts.
        found = condition.raw_get("/OCGs") if "/OCGs" in condition else None
        target = found.get_object() if found is not None else None
        members = target if isinstance(target, ArrayObject) else [found]
        return {number_of(each) for each in members} - {-1}

    def _hides_by_condition(self, condition: DictionaryObject) -> bool:
        groups = self._groups(condition)
        states = [number not in self.off for number in groups]
        policy = value_of(condition, "/P") or "/AnyOn"
        visible = {
            "/AllOn": all(states),
            "/AnyOff": not all(states),
            "/AllOff": not any(states),
        }.get(policy, any(states))
        return bool(groups) and not visible


class _LayerCleaner:
    """Remover of the hidden layers of one document."""

    def __init__(self, writer: pypdf.PdfWriter, layers: _Layers) -> None:
        self._writer = writer
        self._layers = layers
        self._changed_resources: set[int] = set()
        self._has_removed_tags = False

    def clean(self) -> None:
        pages = list(self._writer.pages)
        streams = [each for each in self._writer._objects if isinstance(each, StreamObject)]
        forms = [each for each in streams if value_of(each, "/Subtype") == "/Form"]
        self._require_moderate_size(pages, forms)
        for each in self._writer._objects:
            self._require_known_place(each)
        operations = {id(page): self._clean_page(page) for page in pages}
        for form in forms:
            if not self._layers.hides(_raw(form, "/OC")):
                self._clean_form(form)
        inherited: list[DictionaryObject] = []
        for page in pages:
            if id(_resources(page)) not in self._changed_resources:
                continue
            for node in _with_parents(value_of(page, "/Parent")):
                if id(value_of(node, "/Resources")) in self._changed_resources:
                    inherited.append(node)
            found = operations[id(page)]
            if found is None:
                found = ContentStream(_raw(page, "/Contents"), self._writer).operations
            self._prune(page, found)
        for node in inherited:
            node.pop("/Resources", None)
        if self._has_removed_tags and any(
            TEXT_OF_TAGS & each.keys() and "/S" in each
            for each in self._writer._objects
            if isinstance(each, DictionaryObject)
        ):
            raise UncertainContent
        self._clean_lists()

    def _require_moderate_size(self, pages: list[Any], forms: list[Any]) -> None:
        """Refuse documents whose pages could not all be read and compared in time."""
        if len(pages) > limits.MAX_RENDERED_PAGES:
            raise UncertainContent
        total = 0
        for page in pages:
            contents = value_of(page, "/Contents")
            for each in contents if isinstance(contents, ArrayObject) else [contents]:
                stream = each.get_object() if each is not None else None
                total += len(stream.get_data()) if isinstance(stream, StreamObject) else 0
        total += sum(len(each.get_data()) for each in forms if self._names(each))
        if total > limits.MAX_LAYERED_BYTES:
            raise UncertainContent

    def _require_known_place(self, item: Any) -> None:
        """Refuse documents with layers in patterns, glyphs or fields, or in forms by themselves."""
        if not isinstance(item, DictionaryObject):
            return
        if (
            isinstance(item, StreamObject)
            and value_of(item, "/Subtype") == "/Form"
            and "/Resources" not in item
            and _USES_RESOURCES.search(item.get_data())
        ):
            raise UncertainContent
        if (value_of(item, "/PatternType") or "/CharProcs" in item) and self._names(item):
            raise UncertainContent
        if value_of(item, "/Subtype") == "/Widget" and self._layers.hides(_raw(item, "/OC")):
            raise UncertainContent

    def _names(self, holder: DictionaryObject) -> set[str]:
        """Return the names by which the content of a page or form refers to what is hidden."""
        resources = _resources(holder)
        layers = value_of(resources, "/Properties") or DictionaryObject()
        drawn = value_of(resources, "/XObject") or DictionaryObject()
        return {name for name in layers if self._layers.hides(_raw(layers, name))} | {
            name for name in drawn if self._layers.hides(_raw(value_of(drawn, name), "/OC"))
        }

    def _clean_page(self, page: Any) -> list[Any] | None:
        """Remove what is hidden on a page; return its operations, or None if it is unchanged."""
        annotations = value_of(page, "/Annots")
        if isinstance(annotations, ArrayObject):
            page[NameObject("/Annots")] = ArrayObject(
                each for each in annotations if not self._layers.hides(_raw(each, "/OC"))
            )
        names = self._names(page)
        if not names:
            return None
        self._changed_resources.add(id(_resources(page)))
        content = self._cleaned(_raw(page, "/Contents"), names)
        stream = StreamObject()
        stream.set_data(content.get_data())
        page[NameObject("/Contents")] = self._writer._add_object(stream.flate_encode())
        return content.operations

    def _clean_form(self, form: StreamObject) -> None:
        names = self._names(form)
        if not names:
            return
        content = self._cleaned(form, names)
        for key in ("/Filter", "/DecodeParms"):
            form.pop(key, None)
        form._data = content.get_data()
        form.decoded_self = None
        self._prune(form, content.operations)

    def _cleaned(self, stream: Any, names: set[str]) -> ContentStream:
        content = ContentStream(stream, self._writer)
        operations, removed_tags = remove_hidden_content(content.operations, names)
        self._has_removed_tags = self._has_removed_tags or removed_tags
        content.operations = operations
        return content

    def _prune(self, holder: DictionaryObject, operations: list[Any]) -> None:
        """Give a page or form resources of its own: those that its content still names."""
        names = used_names(operations)
        resources = DictionaryObject(_resources(holder))
        for category in _PRUNED:
            entries = value_of(resources, category)
            if isinstance(entries, DictionaryObject):
                resources[NameObject(category)] = DictionaryObject(
                    {name: _raw(entries, name) for name in entries if name in names}
                )
        holder[NameObject("/Resources")] = resources

    def _clean_lists(self) -> None:
        """Remove the hidden layers from the lists of layers, and copies that programs keep."""
        for number in self._layers.off:
            layer = self._writer._objects[number - 1]
            if isinstance(layer, DictionaryObject):
                layer[NameObject(_MARK)] = NameObject("/True")
        if isinstance(self._layers.properties, DictionaryObject):
            self._filter(self._layers.properties, 0)
            if not value_of(self._layers.properties, "/OCGs"):
                del self._writer.root_object["/OCProperties"]
        for item in self._writer._objects:
            if isinstance(item, DictionaryObject):
                for key in _PRIVATE:
                    item.pop(key, None)

    def _filter(self, holder: Any, depth: int) -> None:
        """Remove the references to hidden layers from arrays, with the labels left alone there."""
        if depth > limits.MAX_DEPTH:
            raise UncertainContent
        if isinstance(holder, DictionaryObject):
            for key in holder:
                if value_of(holder[key], "/Type") != "/OCG":
                    self._filter(value_of(holder, key), depth + 1)
        elif isinstance(holder, ArrayObject):
            retained = [each for each in holder if number_of(each) not in self._layers.off]
            is_shorter = len(retained) < len(holder)
            for each in retained:
                target = each.get_object()
                if value_of(target, "/Type") != "/OCG":
                    self._filter(target, depth + 1)
            retained = [each for each in retained if each.get_object() != []]
            if is_shorter and all(isinstance(each, str) for each in retained):
                retained = []
            holder[:] = retained


def value_of(holder: Any, key: str) -> Any:
    """Return a value of a dictionary, with references resolved; None if it is missing."""
    holder = holder.get_object() if hasattr(holder, "get_object") else holder
    value = holder.get(key) if isinstance(holder, dict) else None
    value = value.get_object() if value is not None and hasattr(value, "get_object") else value
    return None if isinstance(value, NullObject) else value


def number_of(reference: Any) -> int:
    """Return the number of the object that a reference names; -1 for what is no reference."""
    return int(getattr(reference, "idnum", -1))


def _raw(holder: Any, key: str) -> Any:
    """Return a value of a dictionary as it is stored, mostly a reference; None if missing."""
    holder = holder.get_object() if hasattr(holder, "get_object") else holder
    return holder.raw_get(key) if isinstance(holder, DictionaryObject) and key in holder else None


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, ArrayObject) else [value]


def _resources(holder: Any) -> DictionaryObject:
    """Return the resources of a page or form; a page may inherit them."""
    for node in _with_parents(holder):
        found = value_of(node, "/Resources")
        if isinstance(found, DictionaryObject):
            return found
    return DictionaryObject()


def _with_parents(node: Any) -> Iterator[Any]:
    for _level in range(limits.MAX_DEPTH):
        if not isinstance(node, DictionaryObject):
            return
        yield node
        node = value_of(node, "/Parent")
