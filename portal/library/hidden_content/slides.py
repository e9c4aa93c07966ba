"""Removal of hidden slides, notes and hidden shapes from a presentation."""

from __future__ import annotations

from .findings import Kind, Obstacle, Report
from .package import Package, Relationship
from .shapes import remove_hidden_shapes
from .word import referenced_keys
from .xml_tree import Node, is_on, relationship_id, serialise

#: The kinds of relationships to the journal of edits, which names its authors.
_JOURNALS = ("changesinfo", "revisioninfo")


def clean_presentation(package: Package, report: Report) -> None:
    """Clean the presentation, its slides, layouts and masters."""
    main = package.main_part()
    slides = package.related(main, "slide")
    hidden = [each for each in slides if is_hidden_slide(package.tree(each.target))]
    report.add(Kind.HIDDEN_SLIDES, len(hidden))
    if hidden:
        _remove_slides(package, main, hidden, slides, report)
    for each in package.related(main, *_JOURNALS):
        root = package.tree(each.target)
        report.add(Kind.TRACKED, 1 if each.kind == "changesinfo" and root.children else 0)
        package.remove(each)
    targets = {each.target for each in slides} - {each.target for each in hidden}
    for each in slides:
        for notes in package.related(each.target, "notesslide"):
            report.add(Kind.NOTES, 1 if _has_notes(package.tree(notes.target)) else 0)
            package.remove(notes)
    masters = [each.target for each in package.related(main, "slidemaster")]
    layouts = [e.target for name in masters for e in package.related(name, "slidelayout")]
    for name in sorted({*targets, *masters, *layouts}):
        _clean_shapes(package, name, report)


def is_hidden_slide(slide: Node) -> bool:
    """Return whether a slide is left out of the presentation."""
    return not is_on(slide.attributes.get("show", "1"))


def _has_notes(notes: Node) -> bool:
    """Return whether a page of notes has text other than numbers and dates of the page."""
    return any(
        node.text().strip()
        for body in notes.descendants()
        if body.local_name == "p" and body.key.startswith("a:")
        for node in body.elements()
        if node.key == "a:r"
    )


def _clean_shapes(package: Package, name: str, report: Report) -> None:
    root = package.tree(name)
    before_count = sum(report.found.values())
    before = referenced_keys(root)
    remove_hidden_shapes(root, report)
    if sum(report.found.values()) == before_count:
        return
    unused = before - referenced_keys(root)
    for relationship in package.relationships(name):
        if relationship.key in unused:
            package.remove(relationship)
    package.replace(name, serialise(root))


def _remove_slides(
    package: Package,
    main: str,
    hidden: list[Relationship],
    slides: list[Relationship],
    report: Report,
) -> None:
    targets = {each.target for each in hidden}
    keys = {each.key for each in hidden}
    for each in slides:
        links = package.related(each.target, "slide") if each.target not in targets else []
        if any(link.target in targets for link in links):
            report.block(Obstacle.DEPENDENT_CONTENT)
    root = package.tree(main)
    numbers = {
        node.attributes.get("id", "")
        for node in root.descendants()
        if node.key == "p:sldId" and relationship_id(node.attributes) in keys
    }
    for parent in (root, *root.descendants()):
        parent.remove(
            [
                node
                for node in parent.elements()
                if (node.local_name in {"sldId", "sld"})
                and (
                    relationship_id(node.attributes) in keys
                    or (parent.local_name == "sldIdLst" and node.attributes.get("id") in numbers)
                )
            ]
        )
    package.replace(main, serialise(root))
    for each in hidden:
        package.remove(each)
