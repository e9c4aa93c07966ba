"""The joined stylesheet contains all stylesheets of the public pages except the print sheet."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import pytest
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


# Files of apps

#: Where a page for readers or developers of a package may hide: type, folder.
UNUSED = [
    "ckeditor/ckeditor/plugins/exportpdf/tests/manual/integration.html",
    "ckeditor/ckeditor/plugins/exportpdf/tests/notification.js",
    "ckeditor/ckeditor/plugins/exportpdf/README.md",
    "ckeditor/ckeditor/CHANGES.md",
    "ckeditor/ckeditor/bender-runner.config.json",
    "ckeditor/ckeditor/plugins/devtools/plugin.js",
    "ckeditor/ckeditor/plugins/docprops/dialogs/docprops.js",
    "ckeditor/ckeditor/plugins/preview/preview.html",
    "ckeditor/ckeditor/plugins/iframe/dialogs/iframe.js",
    "ckeditor/ckeditor/plugins/flash/dialogs/flash.js",
    "ckeditor/ckeditor/skins/moono/editor.css",
    "ckeditor/galleriffic/js/jquery.js",
    "other/samples/index.js",
    "other/index.html",
]


@pytest.mark.parametrize("name", UNUSED)
def test_files_that_no_page_uses_are_not_public(name: str) -> None:
    assert not static_files.is_used(name)
    assert finders.find(name) is None
    assert finders.find(name, find_all=True) == []


def test_only_used_files_are_collected() -> None:
    names = {name for finder in finders.get_finders() for name, _storage in finder.list(None)}
    types = {PurePosixPath(name).suffix for name in names if name.startswith("ckeditor/")}
    assert types <= {".js", ".css", ".png", ".gif", ".svg", ".md"}
    documents = {name for name in names if name.endswith((".html", ".md", ".php", ".txt"))}
    assert {PurePosixPath(name).stem.partition("-")[0] for name in documents} == {"LICENSE"}
    plugins = {
        name.split("/")[3] for name in names if name.startswith("ckeditor/ckeditor/plugins/")
    }
    assert plugins <= {*static_files.EDITOR_PLUGINS, "icons.png", "icons_hidpi.png"}


def test_every_named_file_of_the_editor_exists() -> None:
    (package,) = find_spec("ckeditor").submodule_search_locations  # type: ignore[union-attr]
    files = Path(package) / "static" / "ckeditor"
    missing = [
        name
        for name in (*static_files.EDITOR_FILES, *static_files.EDITOR_FOLDERS)
        if not (files / name).exists()
    ]
    assert missing == []


def test_files_that_were_collected_before_are_removed(tmp_path: Path) -> None:
    used = [
        "ckeditor/ckeditor/ckeditor.js",
        "ckeditor/ckeditor/ckeditor.0123456789ab.js.gz",
        "ckeditor/ckeditor/plugins/icons.0123456789ab.png",
        "ckeditor/ckeditor/LICENSE.0123456789ab.md",
        "css/site.css",
        "other/index.html",  # only the editor's folder is cleared
    ]
    unused = [
        "ckeditor/ckeditor/plugins/exportpdf/tests/manual/integration.html",
        "ckeditor/ckeditor/plugins/exportpdf/tests/manual/integration.0123456789ab.html.br",
        "ckeditor/ckeditor/CHANGES.md.gz",
        "ckeditor/ckeditor/skins/moono/editor.0123456789ab.css",
    ]
    for name in used + unused:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    static_files.remove_unused(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(used)
