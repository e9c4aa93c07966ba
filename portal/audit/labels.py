"""Translated labels of action codes. Each app registers its labels in ``AppConfig.ready``."""

from collections.abc import Mapping

from django.utils.functional import Promise

_labels: dict[str, str | Promise] = {}


def register(labels: Mapping[str, str | Promise]) -> None:
    """Register labels, keyed by action code such as "admin.change"."""
    _labels.update(labels)


def label(action: str) -> str:
    """Return the label of an action code in the current language, or the code if it has none."""
    return str(_labels.get(action, action))
