"""Removal of hidden slides, notes and invisible shapes from a presentation."""

from __future__ import annotations

from .findings import Kind, Obstacle, Report
from .package import Package
from .slide_shapes import Size, remove_invisible_shapes, slide_size
from .word import referenced_keys
from .xml_tree import Node, is_on, relationship_id, serialise

#: The kinds of relationships to the journal of edits, which names its authors.
_JOURNALS = ("changesinfo", "revisioninfo")
_MASTERS = {"notesmaster": "notesMasterIdLst", "handoutmaster": "handoutMasterIdLst"}
_MEDIA = ("audio", "video", "media")
#: Elements that refer to slides; the holders that name a list go when it becomes empty.
_SLIDE_ENTRIES = {"sldId", "sld"}
_NAMED_LISTS = {"section", "custShow"}
#: WPS marks the parts of its layouts with tags of this prefix, which contain no data.
_LAYOUT_TAGS = "KSO_WM_"
#: Texts of Impress in the place of a header or footer that is not used.
_UNUSED_TEXT = ("<", ">")


def clean_presentation(package: Package, report: Report) -> None:
    """Clean the presentation, its slides, layouts and masters."""
    main = package.main_part()
    root = package.tree(main)
    visible = visible_slides(package, main, root)
    hidden = _slide_parts(package) - set(visible)
    report.add(Kind.HIDDEN_SLIDES, len(hidden))
    _remove_notes(package, main, root, [*visible, *sorted(hidden)], report)
    if hidden:
        _remove_slides(package, main, root, hidden, report)
    for each in package.related(main, *_JOURNALS):
        journal = package.tree(each.target)
        report.add(Kind.TRACKED, 1 if each.kind == "changesinfo" and journal.children else 0)
        package.remove(each)
    for each in package.related(main, "printersettings"):  # the name of a printer
        package.remove(each)
    _report_media(package, report)
    _clean_tags(package, report)
    _remove_dead_references(package, main, root)
    package.replace(main, serialise(root))
    for name in drawn_parts(package, main, visible):
        _clean_drawn_part(package, name, slide_size(root), report)


def visible_slides(package: Package, main: str, root: Node) -> list[str]:
    """Return the parts of the slides that are visible, in their order.

    A slide that the presentation does not list is hidden, too.
    """
    targets = {each.key: each.target for each in package.related(main, "slide")}
    holder = next((n for n in root.elements() if n.local_name == "sldIdLst"), None)
    keys = [relationship_id(node.attributes) for node in holder.elements()] if holder else []
    parts = dict.fromkeys(targets[key] for key in keys if key in targets)
    return [part for part in parts if is_shown(package.tree(part))]


def is_shown(slide: Node) -> bool:
    """Return whether a slide is part of the slide show."""
    return is_on(slide.attributes.get("show", "1"))


def drawn_parts(package: Package, main: str, slides: list[str]) -> list[str]:
    """Return the parts of these slides and of all layouts and masters of slides."""
    masters = [each.target for each in package.related(main, "slidemaster")]
    layouts = [e.target for name in masters for e in package.related(name, "slidelayout")]
    return list(dict.fromkeys([*slides, *layouts, *masters]))


def _slide_parts(package: Package) -> set[str]:
    """Return all slides of the file; the settings of a view may lead to some of them, too."""
    return {
        each.target
        for source in package.reachable()
        for each in package.related(source, "slide")
        if package.tree(each.target).key == "p:sld"
    }


def _remove_notes(
    package: Package, main: str, root: Node, slides: list[str], report: Report
) -> None:
    for slide in slides:
        for notes in package.related(slide, "notesslide"):
            report.add(Kind.NOTES, 1 if _has_notes(package.tree(notes.target)) else 0)
            package.remove(notes)
    for each in package.related(main, *_MASTERS):
        if _has_own_text(package.tree(each.target)):
            report.add(Kind.NOTES)
            package.remove(each)
            root.remove([n for n in root.elements() if n.local_name == _MASTERS[each.kind]])


def _has_notes(notes: Node) -> bool:
    """Return whether a page of notes has a picture, or text other than page numbers and dates."""
    return any(
        each.local_name in {"pic", "graphicFrame"} or (each.key == "a:r" and each.text().strip())
        for each in notes.descendants()
    )


def _has_own_text(master: Node) -> bool:
    """Return whether a master has text in a header, a footer or outside of placeholders."""
    for shape in (node for node in master.descendants() if node.local_name == "sp"):
        place = next((node for node in shape.descendants() if node.key == "p:ph"), None)
        if place is None or place.attributes.get("type") in {"hdr", "ftr"}:
            text = "".join(node.text() for node in shape.descendants() if node.key == "a:r").strip()
            if text and (text[0], text[-1]) != _UNUSED_TEXT:
                return True
    return False


def _remove_slides(
    package: Package, main: str, root: Node, hidden: set[str], report: Report
) -> None:
    """Remove slides; report links to them, because readers could follow a link to such a slide."""
    unwanted = [each for each in package.related(main, "slide") if each.target in hidden]
    _remove_entries(root, {each.key for each in unwanted})
    for view in package.related(main, "viewprops"):
        view_links = [e for e in package.related(view.target, "slide") if e.target in hidden]
        if view_links:
            view_root = package.tree(view.target)
            _remove_entries(view_root, {each.key for each in view_links})
            package.replace(view.target, serialise(view_root))
            unwanted += view_links
    for each in unwanted:
        package.remove(each)
    if any(
        each.target in hidden
        for source in package.reachable()
        for each in package.related(source, "slide")
    ):
        report.block(Obstacle.DEPENDENT_CONTENT)


def _remove_entries(root: Node, keys: set[str]) -> None:
    """Remove the entries of slides from a presentation, its sections and its own slide shows."""
    numbers = {
        node.attributes.get("id", "")
        for node in root.descendants()
        if node.key == "p:sldId" and relationship_id(node.attributes) in keys
    }
    shortened: set[int] = set()
    for parent in (root, *root.descendants()):
        entries = [
            node
            for node in parent.elements()
            if node.local_name in _SLIDE_ENTRIES
            and (
                relationship_id(node.attributes) in keys
                or (parent.local_name == "sldIdLst" and node.attributes.get("id") in numbers)
            )
        ]
        parent.remove(entries)
        if entries and not any(parent.elements()):
            shortened.add(id(parent))
    for parent in root.descendants():
        parent.remove(
            [
                node
                for node in parent.elements()
                if node.local_name in _NAMED_LISTS
                and any(id(each) in shortened for each in node.elements())
            ]
        )


def _report_media(package: Package, report: Report) -> None:
    """Report recordings: where and by whom they were made is not examined."""
    recordings = {
        each.target for source in package.reachable() for each in package.related(source, *_MEDIA)
    }
    report.add(Kind.EMBEDDED, len(recordings))
    if recordings:
        report.block(Obstacle.EMBEDDED)


def _clean_tags(package: Package, report: Report) -> None:
    """Remove the data that other programs keep in tags."""
    parts = {
        each.target for source in package.reachable() for each in package.related(source, "tags")
    }
    for name in sorted(parts):
        root = package.tree(name)
        found = [
            node
            for node in root.elements()
            if node.attributes.get("val")
            and not node.attributes.get("name", "").startswith(_LAYOUT_TAGS)
        ]
        if found:
            report.add(Kind.CUSTOM_DATA)
            root.remove(found)
            package.replace(name, serialise(root))


def _remove_dead_references(package: Package, name: str, root: Node) -> bool:
    """Remove the references to removed data of other programs; return whether there were any."""
    keys = {each.key for each in package.relationships(name)}
    count = 0
    for parent in (root, *root.descendants()):
        dead = [
            node
            for node in parent.elements()
            if node.key == "p:custData" and relationship_id(node.attributes) not in keys
        ]
        count += len(dead)
        parent.remove(dead)
    return bool(count)


def _clean_drawn_part(package: Package, name: str, size: Size, report: Report) -> None:
    root = package.tree(name)
    before = referenced_keys(root)
    is_changed = _remove_dead_references(package, name, root)
    if not remove_invisible_shapes(root, size, report) and not is_changed:
        return
    unused = before - referenced_keys(root)
    for relationship in package.relationships(name):
        if relationship.key in unused:
            package.remove(relationship)
    package.replace(name, serialise(root))
