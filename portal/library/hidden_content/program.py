"""A program that examines a document; ``process`` runs it.

The program opens untrusted files, so it runs in a process with limits on memory and time. It reads
the file from its standard input, and writes one line of JSON and, in the mode "clean", the cleaned
copy to its standard output.
"""

from __future__ import annotations

import json
import sys

from portal.library import child_process

from . import limits, visible_text
from .findings import Kind, Obstacle, Report, UnreadableDocument
from .office import clean_office_file
from .pdf import clean_pdf, has_same_pages


def main() -> None:
    child_process.set_limits(
        memory_bytes=limits.MEMORY_LIMIT_BYTES, cpu_seconds=limits.CPU_LIMIT_SECONDS
    )
    mode, kind = sys.argv[1:3]
    data = sys.stdin.buffer.read()
    report = Report()
    try:
        cleaned = examine(data, kind, report)
        if mode == "clean" and not report.obstacles:
            compare(data, cleaned, kind, report)
    except (UnreadableDocument, MemoryError, RecursionError) as error:
        report.add(Kind.UNREADABLE)
        report.block(Obstacle.UNREADABLE)
        cleaned = b""
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    answer = {"found": dict(report.found), "obstacles": sorted(report.obstacles)}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    if mode == "clean" and not report.obstacles:
        sys.stdout.buffer.write(cleaned)


def examine(data: bytes, kind: str, report: Report) -> bytes:
    """Return a cleaned copy of a document; count in the report what was found."""
    if kind == "pdf":
        return clean_pdf(data, report)
    return clean_office_file(data, report)


def compare(data: bytes, cleaned: bytes, kind: str, report: Report) -> None:
    """Report a cleaned copy that still has findings, or whose visible text differs."""
    again = Report()
    examine(cleaned, kind, again)
    if again.found:
        report.block(Obstacle.STILL_FOUND)
    if kind == "pdf":
        has_layers = Kind.HIDDEN_LAYERS in report.found
        is_same = has_same_pages(data, cleaned, has_layers=has_layers)
    else:
        is_same = visible_text.digest(data) == visible_text.digest(cleaned)
    if not is_same:
        report.block(Obstacle.TEXT_DIFFERS)
