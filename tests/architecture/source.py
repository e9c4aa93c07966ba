"""Parse the project's Python files for modules, imports and names, without importing the files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BASE = Path(__file__).resolve().parents[2]
MAP = BASE / "docs" / "map.md"
PROJECT = "portal/"
PACKAGES = ("portal", "news", "honors")


@dataclass(frozen=True)
class Import:
    """An import of another module, or a string that names a model, such as "library.Image"."""

    path: Path
    line: int
    # The dotted name of the imported module, or the label of the model as Django writes it.
    target: str
    # The app that the target belongs to; None if the target does not belong to this project.
    app: str | None
    is_deferred: bool  # True for an import inside a function.

    def __str__(self) -> str:
        return f"{self.path.relative_to(BASE)}:{self.line}: {self.target}"


@cache
def import_rules() -> dict[str, set[str]]:
    """Return a dictionary from each app to the apps that it may import: the table in docs/map.md.

    The project package (``portal/`` itself) may import every app; no app may import the project
    package.
    """
    rules: dict[str, set[str]] = {}
    for line in MAP.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[0].startswith("`") and cells[0] != f"`{PROJECT}`":
            name = cells[0].strip("`").removeprefix("portal/")
            rules[name] = {word.strip("`") for word in cells[2].replace(",", " ").split()} - {"-"}
    return rules


def app_of(module: str) -> str | None:
    """Return the app of a module, given the dotted name of the module.

    Return "portal/" for a module of the project package, and None for a module of another project.
    """
    parts = module.split(".")
    if parts[0] in {"news", "honors"}:
        return parts[0]
    if parts[0] != "portal":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in import_rules() else PROJECT


def python_files(*folders: str, migrations: bool = False) -> list[Path]:
    """Return the sorted Python files below these folders, by default below all packages.

    Migrations are only included if ``migrations`` is true.
    """
    return sorted(
        path
        for folder in folders or PACKAGES
        for path in (BASE / folder).rglob("*.py")
        if migrations or "migrations" not in path.parts
    )


def module_of(path: Path) -> str:
    """Return the dotted name of the module in this file."""
    parts = path.relative_to(BASE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, text: str | None = None) -> Iterator[Import]:
    """Yield every import and every named model in one file, or in ``text``
    instead of its content.
    """
    tree = ast.parse(path.read_text(encoding="utf-8") if text is None else text)
    for node, functions in _walk(tree, ()):
        line = getattr(node, "lineno", 0)
        for target, app in _targets(node, path):
            # Django imports apps.py before the models are ready, so that imports belong in ready().
            is_deferred = bool(functions) and path.name != "apps.py"
            yield Import(path, line, target, app, is_deferred)


def _walk(node: ast.AST, functions: tuple[str, ...]) -> Iterator[tuple[ast.AST, tuple[str, ...]]]:
    for child in ast.iter_child_nodes(node):
        yield child, functions
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        name = getattr(child, "name", "lambda")
        yield from _walk(child, (*functions, name) if is_function else functions)


def _targets(node: ast.AST, path: Path) -> Iterator[tuple[str, str | None]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, app_of(alias.name)
    elif isinstance(node, ast.ImportFrom):
        source = _absolute(node, path)
        for alias in node.names:
            # The imported name may itself be an app: `from portal import audit`.
            target = f"{source}.{alias.name}"
            yield target, app_of(target)
    elif isinstance(node, ast.Call):
        yield from _model_labels(node)


def _absolute(node: ast.ImportFrom, path: Path) -> str:
    """Return the absolute dotted name of the module after ``from`` in an import statement."""
    if not node.level:
        return node.module or ""
    # In the __init__.py of a package, the first dot of a relative import means the package itself.
    package = module_of(path).split(".")
    up = node.level - (path.name == "__init__.py")
    return ".".join([*package[: len(package) - up], *([node.module] if node.module else [])])


_TAKES_LABEL = {"ForeignKey", "OneToOneField", "ManyToManyField", "GenericRelation", "get_model"}


def _model_labels(node: ast.Call) -> Iterator[tuple[str, str | None]]:
    """Yield models that strings name: "library.Image", or get_model("library", "Image")."""
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name not in _TAKES_LABEL:
        return
    to = [*node.args[:1], *(word.value for word in node.keywords if word.arg in {"to", "through"})]
    for argument in to:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            label = argument.value.split(".")[0]
            if name == "get_model" or "." in argument.value:
                yield argument.value, label if label in import_rules() else None
