"""Imports between apps follow the table in docs/map.md, and no modules import in a circle."""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.architecture.source import (
    BASE,
    PROJECT,
    Import,
    app_of,
    import_rules,
    imports,
    module_of,
    python_files,
)

#: Folders of portal/ that are not apps.
PROJECT_FOLDERS = {"management", "formats", "locale", "sample"}
#: Libraries that only few processes need.
SLOW_LIBRARIES = {"openpyxl", "pypdf", "pypdfium2"}
#: The module that may import them at its top, and the program for a process of its own that alone
#: imports the module.
PDF, PDF_PROGRAM = "portal.library.hidden_content.pdf", "portal.library.hidden_content.program"
PDF_MODULES = {PDF, f"{PDF}_layers", f"{PDF}_operations"}


def is_forbidden(found: Import) -> bool:
    """Return whether the table in docs/map.md forbids this import."""
    here = app_of(module_of(found.path))
    if found.app is None or here in {None, PROJECT, found.app}:
        return False
    return found.app not in import_rules()[here or ""]


def test_every_import_is_allowed() -> None:
    bad = [str(found) for path in python_files() for found in imports(path) if is_forbidden(found)]
    assert bad == []


def test_every_rule_is_used() -> None:
    """A row of the table that no code uses would permit a new import unnoticed."""
    used = {
        (app_of(module_of(path)), found.app)
        for path in python_files()
        for found in imports(path)
        if found.app
    }
    unused = [
        f"{app} imports {other}"
        for app, others in import_rules().items()
        for other in sorted(others)
        if (app, other) not in used
    ]
    assert unused == []


def test_the_map_lists_every_app() -> None:
    folders = {path.parent.name for path in (BASE / "portal").glob("*/__init__.py")}
    assert set(import_rules()) == (folders - PROJECT_FOLDERS) | {"news", "honors"}


def test_no_import_is_deferred_into_a_function() -> None:
    bad = [
        str(found)
        for path in python_files()
        for found in imports(path)
        # The label of a model is not an import: code may look up a model anywhere.
        if found.is_deferred and app_of(found.target) is not None
    ]
    assert bad == []


def test_slow_libraries_are_imported_when_they_are_used() -> None:
    """Importing openpyxl takes an eighth of the time in which each process of the portal starts."""
    bad = [
        f"{path.relative_to(BASE)}:{node.lineno}"
        for path in python_files()
        if module_of(path) not in PDF_MODULES
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        for name in _imported_names(node)
        if name.partition(".")[0] in SLOW_LIBRARIES
    ]
    assert bad == []
    targets = {module_of(path): {each.target for each in imports(path)} for path in python_files()}
    importers = {
        module
        for module, found in targets.items()
        if module not in PDF_MODULES and any(t.startswith(PDF) for t in found)
    }
    assert importers == {PDF_PROGRAM}
    assert not [module for module, found in targets.items() if PDF_PROGRAM in found]


def _imported_names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_apps_do_not_import_in_a_circle() -> None:
    assert_no_circle(import_rules())


def test_modules_do_not_import_in_a_circle() -> None:
    """Imports that only type checkers execute count, too: they also make a module depend on the
    other.
    """
    paths = {module_of(path): path for path in python_files()}
    graph = {}
    for module, path in paths.items():
        found = {each.target for each in imports(path)}
        found |= {target.rpartition(".")[0] for target in found if target not in paths}
        graph[module] = (found & set(paths)) - {module}
        # The __init__.py of a package may import the modules of the package.
        if path.name == "__init__.py":
            graph[module] = {each for each in graph[module] if not each.startswith(f"{module}.")}
    assert_no_circle(graph)


def assert_no_circle(graph: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"Imports in a circle: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize(
    ("where", "line", "bad"),
    [
        ("portal/audit/models.py", "from portal.accounts.models import User", True),
        ("portal/audit/models.py", "import portal.accounts", True),
        ("portal/audit/models.py", "from ..accounts import roles", True),
        ("portal/audit/__init__.py", "from ..accounts import roles", True),
        ("portal/audit/models.py", "from . import actions", False),
        ("portal/audit/models.py", "from portal import wiring", True),
        ("portal/audit/models.py", "def f():\n    from portal.site import models", True),
        ("portal/library/models.py", "models.ForeignKey('publishing.Revision', x)", True),
        ("portal/library/models.py", "models.ForeignKey(to='accounts.User')", False),
        ("portal/library/models.py", "apps.get_model('news', 'Article')", True),
        ("portal/web/headers.py", "from portal.site.models import SiteSettings", False),
        ("portal/wiring.py", "from news import models", False),
        ("news/models.py", "from honors.models import Honor", True),
        ("news/models.py", "from django.db import models", False),
    ],
)
def test_forbidden_imports_are_found(where: str, line: str, bad: bool) -> None:
    assert any(is_forbidden(found) for found in imports(BASE / where, line)) is bad
