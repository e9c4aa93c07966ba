"""The table of pages holds every public template, and each page answers as the table says."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from tests.pages import PAGES
from tests.sample import Page

TEMPLATES = Path(settings.BASE_DIR) / "templates"
#: What the desk alone shows.
DESK = ("admin/", "library/", "source_values/")


def test_every_page_answers_as_the_table_says(pages: dict[str, Page]) -> None:
    wanted = {name: row.status for name, row in PAGES.items()}
    assert {name: page.status for name, page in pages.items()} == wanted


def test_every_public_template_is_in_the_table(pages: dict[str, Page]) -> None:
    """Included ones too: a part that no page shows is a part that nobody has looked at."""
    files = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}
    public = {name for name in files if not name.startswith(DESK)}
    shown = {name for page in pages.values() for name in page.templates if name in files}
    assert shown == public
