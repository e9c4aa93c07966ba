"""What the log's action codes are called. Each room names its own, in ``AppConfig.ready``."""

from collections.abc import Mapping

from django.utils.functional import Promise

_labels: dict[str, str | Promise] = {}


def register(labels: Mapping[str, str | Promise]) -> None:
    _labels.update(labels)


def label(action: str) -> str:
    """The action in the reader's language; a code that nobody named stands for itself."""
    return str(_labels.get(action, action))
