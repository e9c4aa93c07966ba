"""Every action code in a call of a logging function must have a translated label."""

import ast
from collections.abc import Iterator
from pathlib import Path

from portal.audit import labels
from portal.letters import rules as letters
from portal.publishing.rules import Action

ROOT = Path(__file__).resolve().parents[2]
#: The possible last parts of action codes that the code builds by f-strings, keyed by the first
#: part.
GENERATED_CODES = {
    "workflow": {action.value for action in Action},
    "letters": {str(action) for action in letters.ACTION_LABELS},
    "news": {"pinned", "featured"},
}


def logged_codes() -> Iterator[str]:
    """Yield the action codes that the calls of the logging functions contain."""
    for folder in ("portal", "news", "honors"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and _name(node.func) in _LOG_FUNCTIONS:
                    yield from _codes_in(node)


_LOG_FUNCTIONS = {"log_event", "log_events", "_log_event"}


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", "") or getattr(function, "id", "")


def _codes_in(call: ast.Call) -> Iterator[str]:
    values = [each.value for each in call.keywords if each.arg == "action"] or call.args
    for value in values:
        for node in ast.walk(value):
            if isinstance(node, ast.JoinedStr):
                start = node.values[0]
                assert isinstance(start, ast.Constant)
                prefix = str(start.value).rstrip(".")
                yield from (f"{prefix}.{each}" for each in GENERATED_CODES[prefix])
                break
            if isinstance(node, ast.Constant) and "." in str(node.value):
                yield str(node.value)


def test_every_logged_action_has_a_label() -> None:
    found = set(logged_codes())
    assert len(found) > 30
    assert {code for code in found if labels.label(code) == code} == set()


def test_label_of_an_unknown_code_is_the_code() -> None:
    assert labels.label("other.thing") == "other.thing"
