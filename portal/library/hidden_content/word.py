"""Removal of tracked changes and hidden text from the parts of a Word document."""

from __future__ import annotations

from collections.abc import Iterator

from .findings import Kind, Obstacle, Report
from .package import Package
from .shapes import is_hidden_shape, remove_paths
from .xml_tree import Attributes, Node, attribute, is_on, serialise

#: The kinds of relationships to parts that contain WordprocessingML.
TEXT_PARTS = ("header", "footer", "footnotes", "endnotes", "glossarydocument")
_OTHER_PARTS = ("styles", "numbering", "settings")

_DELETED = {"w:del", "w:moveFrom", "w14:conflictDel", "w:delText", "w:delInstrText"}
_INSERTED = {"w:ins", "w:moveTo", "w14:conflictIns"}
_FORMER_FORMATS = {
    "w:rPrChange", "w:pPrChange", "w:sectPrChange", "w:tblPrChange", "w:tblPrExChange",
    "w:trPrChange", "w:tcPrChange", "w:tblGridChange", "w:numberingChange", "w:cellIns",
}  # fmt: skip
_RANGES = {
    f"w:{kind}Range{end}"
    for kind in ("moveFrom", "moveTo", "customXmlIns", "customXmlDel", "customXmlMoveFrom",
                 "customXmlMoveTo")
    for end in ("Start", "End")
}  # fmt: skip
_COMMENT_MARKS = {"w:commentRangeStart", "w:commentRangeEnd", "w:commentReference"}
#: The children of a hidden run that stay: without them a field would lose its beginning or its end.
_FIELD_PARTS = {"w:rPr", "w:fldChar", "w:instrText"}
#: Elements that may not be empty: they go when all they contained was removed.
_CONTAINERS = {
    "w:sdt", "w:sdtContent", "w:hyperlink", "w:smartTag", "w:fldSimple", "w:customXml", "w:tbl",
    "w:pict", "w:object", "w:drawing",
}  # fmt: skip
_PARAGRAPH_HOLDERS = {
    "w:tc",
    "w:body",
    "w:hdr",
    "w:ftr",
    "w:footnote",
    "w:endnote",
    "w:txbxContent",
}


class HiddenStyles:
    """The styles that hide text, directly or by the style on which they are based."""

    def __init__(self, root: Node | None) -> None:
        self._own: dict[str, bool | None] = {}
        self._bases: dict[str, str] = {}
        self.default_paragraph = ""
        for style in root.elements() if root else ():
            if style.key == "w:style":
                name = attribute(style.attributes, "styleId")
                self._own[name] = hides(style.child("w:rPr"))
                base = style.child("w:basedOn")
                self._bases[name] = attribute(base.attributes, "val") if base else ""
                is_default = is_on(attribute(style.attributes, "default"))
                if is_default and attribute(style.attributes, "type") == "paragraph":
                    self.default_paragraph = name

    def hides(self, name: str) -> bool:
        passed = set()
        while name and name not in passed:
            passed.add(name)
            if (own := self._own.get(name)) is not None:
                return own
            name = self._bases.get(name, "")
        return False


def hides(properties: Node | None) -> bool | None:
    """Return whether run properties hide the text; None if they don't say."""
    vanish = properties.child("w:vanish") if properties else None
    if vanish is None:
        return None
    return is_on(attribute(vanish.attributes, "val", "1"))


class WordCleaner:
    """Cleaner of the trees of one document; it counts what it removes in the report."""

    def __init__(self, styles: HiddenStyles, report: Report) -> None:
        self._styles = styles
        self.report = report
        self._paragraph_style = ""

    def clean(self, node: Node) -> None:
        """Accept the changes in an element and remove what is hidden in it."""
        children: list[Node | str] = []
        for child in node.children:
            if isinstance(child, str):
                children.append(child)
            else:
                children.extend(self._cleaned(child))
        node.children = _merge_paragraphs(children, node)

    def _cleaned(self, node: Node) -> list[Node | str]:
        """Return what replaces an element: nothing, the element, or its children."""
        key = node.key
        if key in _COMMENT_MARKS:
            return []
        if key in _DELETED or key in _FORMER_FORMATS or key in _RANGES or key == "w:cellMerge":
            if key == "w:cellMerge":
                self.report.block(Obstacle.COMPLEX_CHANGES)
            self.report.add(Kind.TRACKED, 0 if key.endswith("RangeEnd") else 1)
            return []
        if key in _INSERTED:
            self.report.add(Kind.TRACKED)
            self.clean(node)
            return node.children
        if key == "w:r":
            return self._cleaned_run(node)
        if key == "w:p":
            return self._cleaned_paragraph(node)
        if key in {"w:tr", "w:tc"} and self._is_removed_from_table(node):
            return []
        if is_hidden_shape(node):
            self.report.add(Kind.HIDDEN_SHAPES)
            return []
        if node.local_name == "ctrlPr" and any(
            each.key in _DELETED for each in node.descendants()
        ):  # a deleted part of a formula
            self.report.block(Obstacle.COMPLEX_CHANGES)
        had_children = bool(node.children)
        self.clean(node)
        is_emptied = had_children and not any(
            not each.key.endswith("Pr") and each.key != "w:tblGrid" for each in node.elements()
        )
        return [] if key in _CONTAINERS and is_emptied else [node]

    def _cleaned_run(self, run: Node) -> list[Node | str]:
        properties = run.child("w:rPr")
        if not self._is_hidden_run(properties):
            had_content = any(each.key != "w:rPr" for each in run.elements())
            self.clean(run)
            has_content = any(each.key != "w:rPr" for each in run.elements())
            return [] if had_content and not has_content else [run]
        removed = [each for each in run.elements() if each.key not in _FIELD_PARTS]
        self.report.add(Kind.HIDDEN_TEXT, 1 if removed else 0)
        run.remove(removed)
        self.clean(run)
        return [run] if any(each.key != "w:rPr" for each in run.elements()) else []

    def _is_hidden_run(self, properties: Node | None) -> bool:
        direct = hides(properties)
        if direct is not None:
            return direct
        style = properties.child("w:rStyle") if properties else None
        is_hidden = bool(style) and self._styles.hides(attribute(style.attributes, "val"))  # type: ignore[union-attr]
        # A toggle property: two styles that hide cancel each other.
        return is_hidden != self._styles.hides(self._paragraph_style)

    def _cleaned_paragraph(self, paragraph: Node) -> list[Node | str]:
        properties = paragraph.child("w:pPr")
        style = properties.child("w:pStyle") if properties else None
        outer = self._paragraph_style
        self._paragraph_style = (
            attribute(style.attributes, "val") if style else self._styles.default_paragraph
        )
        mark = properties.child("w:rPr") if properties else None
        is_merged = mark is not None and any(each.key in _DELETED for each in mark.elements())
        is_mark_hidden = bool(hides(mark))
        had_text = bool(list(_content(paragraph)))
        self.clean(paragraph)
        self._paragraph_style = outer
        if is_mark_hidden and had_text and not list(_content(paragraph)):
            return []
        if is_merged:
            paragraph.attributes["merged"] = ""
        return [paragraph]

    def _is_removed_from_table(self, node: Node) -> bool:
        """Return whether a row or cell of a table is deleted or hidden; count it."""
        properties = node.child(f"{node.key}Pr")
        if properties is None:
            return False
        if properties.child("w:del") or properties.child("w:cellDel"):
            self.report.add(Kind.TRACKED)
            return True
        hidden = properties.child("w:hidden")
        if hidden is not None and is_on(attribute(hidden.attributes, "val", "1")):
            self.report.add(Kind.HIDDEN_ROWS)
            return True
        return False


def _content(paragraph: Node) -> Iterator[Node]:
    """Yield the children of a paragraph that readers could see."""
    for each in paragraph.elements():
        if each.key not in {"w:pPr", "w:proofErr"} and not each.key.startswith("w:bookmark"):
            yield each


def _merge_paragraphs(children: list[Node | str], parent: Node) -> list[Node | str]:
    """Join each paragraph whose mark was deleted with the next one, whose properties stay."""
    merged: list[Node | str] = []
    leading: list[Node | str] = []
    last: Node | None = None
    for child in children:
        if isinstance(child, Node) and child.key == "w:p":
            own = [each for each in child.children if not _is_key(each, "w:pPr")]
            if child.attributes.pop("merged", None) is not None:
                leading += own
                last = child
                continue
            child.children = [*_properties(child), *leading, *own]
            leading = []
        elif leading and isinstance(child, Node) and last is not None:
            _end_leading(merged, last, leading)
            leading = []
        merged.append(child)
    if last is not None:
        _end_leading(merged, last, leading)
    if parent.key in _PARAGRAPH_HOLDERS and not any(_is_key(e, "w:p") for e in merged):
        prefix = parent.name.rpartition(":")[0]
        place = len(merged) - (1 if merged and _is_key(merged[-1], "w:sectPr") else 0)
        merged.insert(place, Node(f"{prefix}:p" if prefix else "p", "w:p", {}))
    return merged


def _end_leading(merged: list[Node | str], last: Node, leading: list[Node | str]) -> None:
    """Keep the text of a deleted paragraph mark as a paragraph, if no paragraph follows it."""
    if any(isinstance(each, Node) for each in leading):
        last.children = [*_properties(last), *leading]
        merged.append(last)


def _properties(paragraph: Node) -> list[Node]:
    properties = paragraph.child("w:pPr")
    return [properties] if properties else []


def _is_key(child: Node | str, key: str) -> bool:
    return isinstance(child, Node) and child.key == key


def clean_document(package: Package, report: Report) -> None:
    """Clean all parts of a Word document."""
    main = package.main_part()
    documents = [main, *(each.target for each in package.related(main, "glossarydocument"))]
    used: dict[str, set[str]] = {"w:footnoteReference": set(), "w:endnoteReference": set()}
    for document in documents:
        styles = package.related(document, "styles")
        hidden = HiddenStyles(package.tree(styles[0].target) if styles else None)
        cleaner = WordCleaner(hidden, report)
        _clean_part(package, document, cleaner, used)
        for each in package.related(document, *TEXT_PARTS, *_OTHER_PARTS):
            if each.kind == "settings":
                _clean_settings(package, each.target, report)
            elif each.kind in {"footnotes", "endnotes"}:
                _clean_part(package, each.target, cleaner, used, notes=each.kind)
            elif each.kind != "glossarydocument":
                _clean_part(package, each.target, cleaner, used)


def _clean_part(
    package: Package,
    name: str,
    cleaner: WordCleaner,
    used: dict[str, set[str]],
    notes: str = "",
) -> None:
    root = package.tree(name)
    if notes:
        reference = f"w:{notes[:-1]}Reference"
        root.remove(
            [
                note
                for note in root.elements()
                if not attribute(note.attributes, "type")
                and attribute(note.attributes, "id") not in used[reference]
            ]
        )
    before = referenced_keys(root)
    cleaner.clean(root)
    remove_paths(root, cleaner.report)
    after = referenced_keys(root)
    for relationship in package.relationships(name):
        if relationship.key in before - after:
            package.remove(relationship)
    for node in root.descendants():
        if node.key in used:
            used[node.key].add(attribute(node.attributes, "id"))
    package.replace(name, serialise(root))


def referenced_keys(root: Node) -> set[str]:
    """Return the values of all attributes with a prefix that may be ids of relationships."""
    return {
        value
        for node in (root, *root.descendants())
        for key, value in node.attributes.items()
        if ":" in key and not key.startswith("xmlns") and len(value) < 100
    }


def _clean_settings(package: Package, name: str, report: Report) -> None:
    root = package.tree(name)
    paths = {
        each.key: each
        for each in package.relationships(name)
        if each.is_external and each.kind in {"attachedtemplate", "mailmergesource"}
    }
    unwanted = []
    for node in root.elements():
        if node.key == "w:docVars":
            report.add(Kind.CUSTOM_DATA)
            unwanted.append(node)
        elif node.key == "w:mailMerge" or (
            node.key == "w:attachedTemplate" and _is_path(node.attributes, paths)
        ):
            report.add(Kind.PATHS)
            unwanted.append(node)
    if unwanted:
        root.remove(unwanted)
        for relationship in paths.values():
            package.remove(relationship)
        package.replace(name, serialise(root))


def _is_path(attributes: Attributes, paths: dict) -> bool:
    key = next((v for k, v in attributes.items() if k.endswith(":id")), "")
    return key in paths and any(mark in paths[key].target for mark in "/\\")
