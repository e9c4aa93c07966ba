"""What docs/operations tells one to type."""

import re
from pathlib import Path

from django.conf import settings

FOLDER = Path(settings.BASE_DIR) / "docs/operations"


def shell(name: str) -> list[str]:
    """Return the pieces of shell of a page, as they stand there."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
