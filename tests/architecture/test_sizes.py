"""No file is longer than 500 lines, and no function is longer than 50 lines.

Tables of test data may be listed as exceptions.
"""

import ast

from tests.architecture.source import BASE, python_files

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 50

#: Longer files ("path") and functions ("path::name"), each with the reason for its length.
EXCEPTIONS: dict[str, str] = {}


def test_no_file_is_too_long() -> None:
    long = {
        str(path.relative_to(BASE)): count
        for path in python_files("portal", "news", "honors", "tests")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE_LINES
    }
    assert set(long) == {name for name in EXCEPTIONS if "::" not in name}, long


def test_no_function_is_too_long() -> None:
    long = {
        f"{path.relative_to(BASE)}::{node.name}": count
        for path in python_files("portal", "news", "honors", "tests")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (count := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert set(long) == {name for name in EXCEPTIONS if "::" in name}, long
