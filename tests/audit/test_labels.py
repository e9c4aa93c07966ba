"""Whoever reads the log reads words."""

import ast
from collections.abc import Iterator
from pathlib import Path

from portal.audit import labels
from portal.letters import rules as letters
from portal.publishing.rules import Verb

ROOT = Path(__file__).resolve().parents[2]
#: Made from these, where the code writes no whole name.
MADE = {
    "press": {verb.value for verb in Verb},
    "letters": {str(verb) for verb in letters.VERB_LABELS},
    "news": {"pinned", "featured"},
}


def codes() -> Iterator[str]:
    """Every action that the code records, by its name."""
    for room in ("portal", "news", "honors"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and _name(node.func) in _RECORDERS:
                    yield from _codes_of(node)


_RECORDERS = {"record", "record_many", "_record"}


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", "") or getattr(function, "id", "")


def _codes_of(call: ast.Call) -> Iterator[str]:
    said = [each.value for each in call.keywords if each.arg == "action"] or call.args
    for value in said:
        for node in ast.walk(value):
            if isinstance(node, ast.JoinedStr):
                room = node.values[0]
                assert isinstance(room, ast.Constant)
                prefix = str(room.value).rstrip(".")
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
