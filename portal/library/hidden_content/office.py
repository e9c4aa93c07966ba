"""Examination of an Office file: every part that relationships reach, and the files inside it."""

from __future__ import annotations

from . import limits
from .findings import Kind, Obstacle, Report, UnreadableDocument
from .package import Package
from .pictures import clean_picture, is_picture
from .properties import clean_properties
from .sheets import WorkbookCleaner
from .slides import clean_presentation
from .word import clean_document

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def clean_office_file(data: bytes, report: Report, *, depth: int = 0) -> bytes:
    """Return a copy of an Office file without hidden content; count in the report what was found.

    The copy is only valid if the report has no obstacles.
    """
    package = Package(data)
    if any(
        each.kind == "origin" and "signature" in each.type for each in package.relationships("")
    ):
        report.block(Obstacle.SIGNED)
    root = package.tree(package.main_part()).key
    clean_properties(package, report)
    if root == "w:document":
        clean_document(package, report)
    elif root == "x:workbook":
        WorkbookCleaner(package, report).clean()
    elif root == "p:presentation":
        clean_presentation(package, report)
    else:
        raise UnreadableDocument("neither a document, a workbook nor a presentation")
    _clean_binary_parts(package, report, depth)
    return package.write()


def _clean_binary_parts(package: Package, report: Report, depth: int) -> None:
    """Clean the pictures and the files inside an Office file."""
    nested = 0
    for name in package.reachable():
        start = next(package.chunks(name), b"")[:16]
        if start.startswith(_ZIP):
            nested += 1
            if depth >= limits.MAX_NESTING or nested > limits.MAX_NESTED_FILES:
                raise UnreadableDocument("too many files inside the file")
            try:
                package.replace(
                    name, clean_office_file(package.read(name), report, depth=depth + 1)
                )
            except UnreadableDocument:  # an archive of another kind
                _report_embedded(report)
        elif start.startswith(_OLE):
            _report_embedded(report)
        elif is_picture(start):
            package.replace(name, clean_picture(package.read(name), report))


def _report_embedded(report: Report) -> None:
    report.add(Kind.EMBEDDED)
    report.block(Obstacle.EMBEDDED)
