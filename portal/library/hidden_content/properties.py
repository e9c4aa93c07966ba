"""Removal of comments, people and personal properties from an Office file of any kind."""

from __future__ import annotations

import re

from .findings import Kind, Report
from .package import Package
from .shapes import is_path
from .xml_tree import Node, serialise

#: The kinds of relationships to parts with comments; the first ones contain the comments' text.
_COMMENT_TEXTS = {"comments", "comment", "threadedcomment", "threadedcomments",
                  "documenttasks", "tasks"}  # fmt: skip
_COMMENT_DATA = {"commentsextended", "commentsids", "commentsextensible"}
_COMMENT_ELEMENTS = {"comment", "threadedComment", "cm", "reply", "Task"}
_PEOPLE = {"people", "person", "persons", "commentauthors", "authors", "usernames"}
#: Paths of Word's settings, which ``word`` removes.
_OTHER_PATHS = {"attachedtemplate", "mailmergesource"}
_CORE = {"creator": Kind.AUTHOR, "lastModifiedBy": Kind.LAST_EDITOR}
_EXTENDED = {"Company": Kind.COMPANY, "Manager": Kind.MANAGER}
#: Titles of parts and counts: they name hidden sheets and slides, and nobody reads them.
_TITLES = {"TitlesOfParts", "HeadingPairs", "HiddenSlides", "Notes"}


def clean_properties(package: Package, report: Report) -> None:
    """Remove personal data, comments, and data of add-ins.

    The thumbnail goes, too: it shows the document as it was.
    """
    for each in package.relationships(""):
        if each.is_external or each.target not in package:
            continue
        if each.kind == "thumbnail":
            package.remove(each)
        elif each.kind in {"coreproperties", "extendedproperties"}:
            _clean_known(package, each.target, report)
        elif each.kind == "customproperties":
            report.add(Kind.CUSTOM_PROPERTIES, len(list(package.tree(each.target).elements())))
            package.remove(each)
    for source in ["", *package.reachable()]:
        for each in package.relationships(source):
            if each.is_external and is_path(each.target) and each.kind not in _OTHER_PATHS:
                report.add(Kind.PATHS)
                # Readers have no such folder, so the link leads nowhere for them either way.
                package.redirect(each, re.split(r"[/\\]", each.target.rstrip("/\\"))[-1])
            if each.is_external or each.target not in package:
                continue
            if each.kind in _COMMENT_TEXTS:
                root = package.tree(each.target)
                texts = [n for n in root.descendants() if n.local_name in _COMMENT_ELEMENTS]
                report.add(Kind.COMMENTS, len(texts))
                package.remove(each)
            elif each.kind in _COMMENT_DATA:
                package.remove(each)
            elif each.kind in _PEOPLE:
                report.add(Kind.PEOPLE, len(list(package.tree(each.target).elements())))
                package.remove(each)
            elif each.kind == "customxml":
                root = package.tree(each.target)
                report.add(Kind.CUSTOM_DATA, 1 if root.text().strip() else 0)
                package.remove(each)


def _clean_known(package: Package, name: str, report: Report) -> None:
    root = package.tree(name)
    unwanted: list[Node] = []
    for node in root.elements():
        kind = _CORE.get(node.local_name) or _EXTENDED.get(node.local_name)
        if kind is not None:
            report.add(kind, 1 if node.text().strip() else 0)
        if kind is not None or node.local_name in _TITLES:
            unwanted.append(node)
    root.remove(unwanted)
    package.replace(name, serialise(root))
