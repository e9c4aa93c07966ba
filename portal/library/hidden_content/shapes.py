"""Shapes and pictures that an author has hidden."""

from __future__ import annotations

import re

from .findings import Kind, Report
from .xml_tree import Node, attribute, is_on

#: The beginning of a path on a computer or in an office's network.
_PATH = re.compile(r"\s*(?:[A-Za-z]:[\\/]|\\\\|file:)")
_INVISIBLE = re.compile(r"visibility\s*:\s*hidden", re.I)


def is_hidden_shape(node: Node) -> bool:
    """Return whether an element is a shape, picture or group that is marked as hidden."""
    if node.key.startswith("v:"):
        return bool(_INVISIBLE.search(node.attributes.get("style", "")))
    for child in node.elements():
        local = child.local_name
        if local == "docPr" or local == "cNvPr":
            if is_on(attribute(child.attributes, "hidden")):
                return True
        elif local.startswith("nv") and local.endswith("Pr"):
            inner = next((each for each in child.elements() if each.local_name == "cNvPr"), None)
            if inner is not None and is_on(attribute(inner.attributes, "hidden")):
                return True
        elif local in {"inline", "anchor"} and node.key == "w:drawing" and is_hidden_shape(child):
            return True
    return False


def is_path(text: str) -> bool:
    """Return whether a text is the path of a file on somebody's computer."""
    return bool(_PATH.match(text))


def remove_paths(root: Node, report: Report) -> None:
    """Remove the descriptions of pictures that are paths: WPS and old Office write them so."""
    for node in root.descendants():
        if node.local_name in {"cNvPr", "docPr"} and is_path(node.attributes.get("descr", "")):
            node.attributes["descr"] = ""
            report.add(Kind.PATHS)


def remove_hidden_shapes(node: Node, report: Report) -> None:
    """Remove the hidden shapes below an element, with the anchors that hold nothing else."""
    unwanted = []
    for child in node.elements():
        if is_hidden_shape(child) or (
            child.local_name.endswith("Anchor") and any(map(is_hidden_shape, child.elements()))
        ):
            report.add(Kind.HIDDEN_SHAPES)
            unwanted.append(child)
        else:
            remove_hidden_shapes(child, report)
    node.remove(unwanted)
