"""Who may import whom: the house's map, kept true by reading the code."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parents[2]
ROOF = "roof"

# Room -> the rooms it may know. The roof may know them all, and none may know the roof.
_GROUND = {"accounts", "audit"}
_COMMON = {
    "publishing",
    "library",
    "web",
    "interchange",
    "consistency",
    "source_values",
    "site",
    "http",
    *_GROUND,
}
ARROWS: dict[str, set[str]] = {
    "http": set(),
    "audit": set(),
    "consistency": set(),
    "source_values": set(),
    "interchange": {"http"},
    "accounts": {"audit", "http"},
    "site": {"audit"},
    "web": {"site", "http"},
    "library": {"accounts", "audit", "http"},
    "publishing": {"accounts", "audit", "library", "consistency", "http"},
    "search": {"publishing", "audit", "site", "http"},
    "pagestore": {"publishing", "audit", "site", "http"},
    "court": _COMMON,
    "news": _COMMON | {"court"},
    "honors": _COMMON | {"court"},
    "letters": {"audit", "accounts", "web", "site", "http"},
}
ARROWS["inspection"] = {*ARROWS}

# Folders of portal/ that belong to the roof.
ROOF_FOLDERS = {"management", "formats", "locale", "sample", "templatetags", "migrations"}


@dataclass(frozen=True)
class Import:
    """One mention of another module, or of a model by its label."""

    path: Path
    line: int
    target: str  # a dotted module, or "label.Model" as Django writes it
    room: str | None  # None: not ours
    deferred: bool  # inside a function

    def __str__(self) -> str:
        return f"{self.path.relative_to(BASE)}:{self.line}: {self.target}"


def room_of(module: str) -> str | None:
    """The room a dotted module lies in; the roof for the rest of portal; None if it is not ours."""
    parts = module.split(".")
    if parts[0] in {"news", "honors"}:
        return parts[0]
    if parts[0] != "portal":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in ARROWS else ROOF


def files() -> list[Path]:
    return sorted(
        path
        for folder in ("portal", "news", "honors")
        for path in (BASE / folder).rglob("*.py")
        if "migrations" not in path.parts
    )


def module_of(path: Path) -> str:
    parts = path.relative_to(BASE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, text: str | None = None) -> Iterator[Import]:
    """Every mention of a module or a model in one file."""
    tree = ast.parse(path.read_text(encoding="utf-8") if text is None else text)
    for node, functions in _walk(tree, ()):
        line = getattr(node, "lineno", 0)
        for target, room in _targets(node, path):
            yield Import(path, line, target, room, deferred=_is_dodge(path, functions))


def _walk(node: ast.AST, functions: tuple[str, ...]) -> Iterator[tuple[ast.AST, tuple[str, ...]]]:
    for child in ast.iter_child_nodes(node):
        yield child, functions
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        name = getattr(child, "name", "lambda")
        yield from _walk(child, (*functions, name) if inside else functions)


def _is_dodge(path: Path, functions: tuple[str, ...]) -> bool:
    """Whether an import in these functions could stand at the top of the file.

    In apps.py it cannot: models are not there yet when Django reads it.
    """
    return bool(functions) and path.name != "apps.py"


def _targets(node: ast.AST, path: Path) -> Iterator[tuple[str, str | None]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, room_of(alias.name)
    elif isinstance(node, ast.ImportFrom):
        source = _absolute(node, path)
        for alias in node.names:
            # What is imported may itself be a room: `from portal import audit`.
            target = f"{source}.{alias.name}"
            yield target, room_of(target)
    elif isinstance(node, ast.Call):
        yield from _model_labels(node)


def _absolute(node: ast.ImportFrom, path: Path) -> str:
    if not node.level:
        return node.module or ""
    # Of a package's __init__ the first dot is the package itself.
    package = module_of(path).split(".")
    up = node.level - (path.name == "__init__.py")
    return ".".join([*package[: len(package) - up], *([node.module] if node.module else [])])


_BY_LABEL = {"ForeignKey", "OneToOneField", "ManyToManyField", "GenericRelation", "get_model"}


def _model_labels(node: ast.Call) -> Iterator[tuple[str, str | None]]:
    """Models named by strings: "library.Image", or get_model("library", "Image")."""
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name not in _BY_LABEL:
        return
    to = [*node.args[:1], *(word.value for word in node.keywords if word.arg in {"to", "through"})]
    for argument in to:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            label = argument.value.split(".")[0]
            if name == "get_model" or "." in argument.value:
                yield argument.value, label if label in ARROWS else None


def against(found: Import) -> bool:
    """Whether this mention runs against the arrows."""
    here = room_of(module_of(found.path))
    if found.room is None or here in {None, ROOF, found.room}:
        return False
    return found.room not in ARROWS[here or ""]


def test_imports_follow_the_arrows() -> None:
    bad = [str(found) for path in files() for found in imports(path) if against(found)]
    assert bad == []


def test_no_import_hides_in_a_function() -> None:
    bad = [
        str(found)
        for path in files()
        for found in imports(path)
        # A model's label is no module: it may be looked up anywhere.
        if found.deferred and room_of(found.target) is not None
    ]
    assert bad == []


def test_the_table_knows_every_room() -> None:
    folders = {path.parent.name for path in (BASE / "portal").glob("*/__init__.py")}
    assert folders - ROOF_FOLDERS - set(ARROWS) == set()


def test_the_arrows_have_no_circle() -> None:
    standing = {room: set(known) for room, known in ARROWS.items()}
    while free := [room for room, known in standing.items() if not known]:
        for room in free:
            del standing[room]
        for known in standing.values():
            known.difference_update(free)
    assert standing == {}


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
def test_the_reader_sees(where: str, line: str, bad: bool) -> None:
    assert any(against(found) for found in imports(BASE / where, line)) is bad
