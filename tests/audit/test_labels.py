"""Whoever reads the log reads words."""

import ast
from collections.abc import Iterator
from pathlib import Path

from portal.audit import labels
from portal.letters import rules as letters
from portal.publishing.rules import Action

ROOT = Path(__file__).resolve().parents[2]
#: Made from these, where the code writes no whole name.
MADE = {
    "workflow": {verb.value for verb in Action},
    "letters": {str(verb) for verb in letters.ACTION_LABELS},
    "news": {"pinned", "featured"},
}


def codes() -> Iterator[str]:
    """Every action that the code records, by its name."""
    for app in ("portal", "news", "honors"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and _name(node.func) in _RECORDERS:
                    yield from _codes_of(node)


_RECORDERS = {"log_event", "log_events", "_record", "_log_event"}


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", "") or getattr(function, "id", "")


def _codes_of(call: ast.Call) -> Iterator[str]:
    said = [each.value for each in call.keywords if each.arg == "action"] or call.args
    for value in said:
        for node in ast.walk(value):
            if isinstance(node, ast.JoinedStr):
                app = node.values[0]
                assert isinstance(app, ast.Constant)
                prefix = str(app.value).rstrip(".")
                yield from (f"{prefix}.{each}" for each in MADE[prefix])
                break
            if isinstance(node, ast.Constant) and "." in str(node.value):
                yield str(node.value)


def test_every_action_has_words() -> None:
    found = set(codes())
    assert len(found) > 30
    assert {code for code in found if labels.label(code) == code} == set()


def test_an_unknown_code_stands_for_itself() -> None:
    assert labels.label("other.thing") == "other.thing"
