"""System check that the database triggers of all registered guards are installed."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning

from portal.audit import triggers


def check_guards_installed(
    *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn about each registered guard whose triggers are missing or outdated in the database.

    It is a warning because ``migrate``, which installs the guards, runs this check before it starts
    and would refuse to start on an error.
    """
    return [
        Warning(
            f"The database guard {name} is missing or out of date on {using}.",
            hint="Run manage.py migrate: it installs every guard.",
            id="audit.W001",
        )
        for using in databases or ()
        for name in sorted(triggers.missing(using))
    ]
