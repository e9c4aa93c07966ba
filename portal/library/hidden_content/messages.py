"""The sentences with which findings and obstacles are shown in the admin."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .findings import Kind, Obstacle

LABELS: dict[str, Any] = {
    Kind.TRACKED: gettext_lazy("tracked changes"),
    Kind.COMMENTS: gettext_lazy("comments"),
    Kind.NOTES: gettext_lazy("speaker notes"),
    Kind.HIDDEN_TEXT: gettext_lazy("hidden text"),
    Kind.HIDDEN_SHAPES: gettext_lazy("hidden shapes or pictures"),
    Kind.HIDDEN_ROWS: gettext_lazy("hidden rows"),
    Kind.HIDDEN_COLUMNS: gettext_lazy("hidden columns"),
    Kind.HIDDEN_CELLS: gettext_lazy("cells with an invisible format"),
    Kind.HIDDEN_SHEETS: gettext_lazy("hidden sheets"),
    Kind.HIDDEN_SLIDES: gettext_lazy("hidden slides"),
    Kind.BESIDE_SLIDES: gettext_lazy("text or pictures beside the slides"),
    Kind.HIDDEN_LAYERS: gettext_lazy("hidden layers"),
    Kind.ANNOTATIONS: gettext_lazy("annotations"),
    Kind.EMBEDDED: gettext_lazy("files inside the file"),
    Kind.EARLIER_VERSIONS: gettext_lazy("earlier versions of the text"),
    Kind.PICTURE_METADATA: gettext_lazy("data of the camera or the place in pictures"),
    Kind.AUTHOR: gettext_lazy("author"),
    Kind.LAST_EDITOR: gettext_lazy("last modified by"),
    Kind.COMPANY: gettext_lazy("company"),
    Kind.MANAGER: gettext_lazy("manager"),
    Kind.CUSTOM_PROPERTIES: gettext_lazy("custom properties"),
    Kind.PEOPLE: gettext_lazy("names of the people who edited it"),
    Kind.PATHS: gettext_lazy("folders of the author's computer"),
    Kind.CUSTOM_DATA: gettext_lazy("data of other programs"),
    Kind.UNREADABLE: gettext_lazy("content that could not be examined"),
}
_REASONS: dict[str, Any] = {
    Obstacle.SIGNED: gettext_lazy("It is signed or sealed, and is never rewritten."),
    Obstacle.UNREADABLE: gettext_lazy(
        "It could not be examined: it is damaged, or far too large. Save it anew."
    ),
    Obstacle.ENCRYPTED: gettext_lazy("It is encrypted. Save it without a password."),
    Obstacle.EMBEDDED: gettext_lazy(
        "It contains files or recordings that cannot be examined. Take them out."
    ),
    Obstacle.DEPENDENT_CONTENT: gettext_lazy(
        "Charts, formulas, rules, links or layers depend on what is hidden. Copy what may be "
        "public into a new file."
    ),
    Obstacle.BESIDE_SLIDES: gettext_lazy(
        "Text that begins beside a slide may reach into it. Delete it in PowerPoint."
    ),
    Obstacle.COMPLEX_CHANGES: gettext_lazy(
        "Changes in merged cells or formulas cannot be accepted here. Accept them in Word."
    ),
    Obstacle.PICTURE_FORMAT: gettext_lazy("A TIFF picture in it holds such data. Replace it."),
    Obstacle.TEXT_DIFFERS: gettext_lazy("The visible text of the cleaned copy would differ."),
    Obstacle.STILL_FOUND: gettext_lazy("Not everything could be removed."),
}


def describe_findings(found: dict[str, int]) -> str:
    """Return the findings as a list of words with their counts."""
    return _(", ").join(f"{LABELS[kind]} ({found[kind]})" for kind in LABELS if kind in found)


def describe_obstacles(obstacles: list[str]) -> str:
    """Return sentences that say why no cleaned copy is made, or ''."""
    return " ".join(str(_REASONS[each]) for each in _REASONS if each in obstacles)
