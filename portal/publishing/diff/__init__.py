"""Differences between two contents, as HTML for reviewers.

``fields`` compares the content's columns and attached rows, ``reader`` parses each value into
blocks, ``matcher`` finds corresponding blocks and words, ``renderer`` writes the marked HTML.
"""

from .fields import changes
from .renderer import Change

__all__ = ["Change", "changes"]
