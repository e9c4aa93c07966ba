"""What an examination of a document found; ``program`` sends it to the portal as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of hidden content and of personal data; the values are stored."""

    TRACKED = "tracked"
    COMMENTS = "comments"
    NOTES = "notes"
    HIDDEN_TEXT = "hidden_text"
    HIDDEN_SHAPES = "hidden_shapes"
    HIDDEN_ROWS = "hidden_rows"
    HIDDEN_COLUMNS = "hidden_columns"
    HIDDEN_CELLS = "hidden_cells"
    HIDDEN_SHEETS = "hidden_sheets"
    HIDDEN_SLIDES = "hidden_slides"
    BESIDE_SLIDES = "beside_slides"
    HIDDEN_LAYERS = "hidden_layers"
    ANNOTATIONS = "annotations"
    EMBEDDED = "embedded"
    EARLIER_VERSIONS = "earlier_versions"
    PICTURE_METADATA = "picture_metadata"
    AUTHOR = "author"
    LAST_EDITOR = "last_editor"
    COMPANY = "company"
    MANAGER = "manager"
    CUSTOM_PROPERTIES = "custom_properties"
    PEOPLE = "people"
    PATHS = "paths"
    CUSTOM_DATA = "custom_data"
    #: The file is damaged, or too large or too complex to be examined within the limits.
    UNREADABLE = "unreadable"


class Obstacle(StrEnum):
    """The reasons for which no cleaned copy of a document is made."""

    SIGNED = "signed"
    UNREADABLE = "unreadable"
    ENCRYPTED = "encrypted"
    EMBEDDED = "embedded"
    DEPENDENT_CONTENT = "dependent_content"
    BESIDE_SLIDES = "beside_slides"
    COMPLEX_CHANGES = "complex_changes"
    PICTURE_FORMAT = "picture_format"
    TEXT_DIFFERS = "text_differs"
    STILL_FOUND = "still_found"


class UnreadableDocument(Exception):
    """Raised if a document is damaged, or exceeds a limit of the examination."""


@dataclass
class Report:
    """The findings of an examination, and the obstacles to a cleaned copy."""

    found: Counter[str] = field(default_factory=Counter)
    obstacles: set[str] = field(default_factory=set)

    def add(self, kind: Kind, count: int = 1) -> None:
        if count > 0:
            self.found[kind.value] += count

    def block(self, obstacle: Obstacle) -> None:
        """Record that no cleaned copy can be made."""
        self.obstacles.add(obstacle.value)
