"""The shell commands in the pages of docs/operations."""

import re
from pathlib import Path

from django.conf import settings

FOLDER = Path(settings.BASE_DIR) / "docs/operations"


def shell(name: str) -> list[str]:
    """Return the shell code blocks of the page ``name``."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
