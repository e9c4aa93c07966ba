"""``tests.pages`` covers every public template, and each of its pages returns
the expected status.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from tests.pages import PAGES
from tests.sample import Page

TEMPLATES = Path(settings.BASE_DIR) / "templates"
#: Prefixes of templates that only the admin uses.
ADMIN = ("admin/", "library/", "source_values/")


def test_every_page_answers_with_its_status(pages: dict[str, Page]) -> None:
    wanted = {name: row.status for name, row in PAGES.items()}
    assert {name: page.status for name, page in pages.items()} == wanted


def test_every_public_template_is_in_the_table(pages: dict[str, Page]) -> None:
    """Partial templates must be covered, too: the audits do not check a template that no page
    renders.
    """
    files = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}
    public = {name for name in files if not name.startswith(ADMIN)}
    rendered = {name for page in pages.values() for name in page.templates if name in files}
    assert rendered == public
