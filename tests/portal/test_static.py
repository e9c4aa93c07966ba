"""The joined stylesheet contains all stylesheets of the public pages except the print sheet."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders, storage

from portal import static_files

CSS = settings.BASE_DIR / "static" / "css"
#: Names of the admin's stylesheets, which are not part of the joined stylesheet.
OF_THE_DESK = {
    "admin",
    "admin-library",
    "admin-source-values",
    "admin-tokens",
    "ledger-admin",
    "ledger-print",
    "workflow",
}


def test_strip_comments() -> None:
    sheet = '/* One\n   two */\n.a {\n  color: red; /* why */\n\n  content: "a  b";\n}\n'
    assert static_files.strip_comments(sheet) == '.a {\ncolor: red;\ncontent: "a  b";\n}\n'


def test_joined_sheet_contains_every_public_sheet_once() -> None:
    joined = Path(finders.find(static_files.JOINED) or "").read_text()
    parts = [(CSS / f"{name}.css").read_text() for name in static_files.SHEETS]
    wanted = []
    for part in parts:
        # No string or URL may contain the start of a comment, which would be removed.
        assert not re.search(r"""["'(][^"')\n]*/\*""", part)
        lines = re.sub(r"/\*.*?\*/", "", part, flags=re.DOTALL).splitlines()
        wanted += [line.strip() for line in lines if line.strip()]
    assert joined.splitlines() == wanted
    # The print stylesheet is separate, because it does not delay the display of a page.
    apart = OF_THE_DESK | {"print"}
    assert {path.stem for path in CSS.glob("*.css")} == {*static_files.SHEETS} | apart
    assert len(static_files.SHEETS) == len(set(static_files.SHEETS))


def test_public_pages_link_only_the_joined_and_the_print_sheet() -> None:
    linked = {
        sheet
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        if "admin" not in path.parts and "library" not in path.parts
        for sheet in re.findall(r"css/([a-z-]+)\.css", path.read_text())
    }
    assert linked == {"site", "print"}


def test_joined_sheet_is_rewritten_only_after_a_change(tmp_path: Path) -> None:
    path = Path(static_files.write_joined(tmp_path))
    written = path.stat().st_mtime_ns
    assert Path(static_files.write_joined(tmp_path)).stat().st_mtime_ns == written
    path.write_text("of yesterday")
    assert Path(static_files.write_joined(tmp_path)).read_text() != "of yesterday"
    assert [each.name for each in path.parent.iterdir()] == ["site.css"]


def test_joined_sheet_is_found_by_its_finder() -> None:
    (finder,) = (
        finder for finder in finders.get_finders() if isinstance(finder, static_files.JoinedFinder)
    )
    [(name, found_storage)] = finder.list([])
    assert name == static_files.JOINED
    assert isinstance(found_storage, storage.FileSystemStorage)
    assert found_storage.exists(name)
    assert finder.find("css/other.css") == []
    assert finder.find(name, find_all=True) == [found_storage.path(name)]
