"""The words of a former private vocabulary must not be used as names again.

The test compares whole names and distinguishes capital letters. It checks names in Python code,
names of files and folders, CSS classes, and names in template tags. Comments and strings are not
checked.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import BASE, python_files

#: The forbidden words. `proofing` is not one of them, because proofreading will have this name.
FORMER = set(
    re.findall(
        r"\w+",
        """
        house roof room arrows press verb Verb VERB_LABELS verbs_for verb_form flip record
        record_refusal record_many skeleton Desk DeskConfig desk FurnitureAdmin ShownAdmin FlatLists
        FlatChangeList paging gate gates pass_gates Finding firm entered answered turn Turn turns
        following Follower Beat strike join is_shut claim mend sweep Patient patience away AWAY Kept
        kept Owed owe settle reconcile flow Tally Stretch shift listing standing told listed shown
        told_on listed_on carried newest_before fronts depths ends Searched unsaid SEAM take_in
        Allowance Narrowing picked pool amid Reckoning upkeep former Pair Line TWICE bring_in Shut
        typed Uncut MOST SHOWN AT_ONCE
        """,
    )
)

#: Forbidden words that are names in other libraries: word -> the name in the library. Code may read
#: an attribute and templates may use a filter of this name, but code may not define the name.
FOREIGN_ATTRIBUTES = {
    "join": "str.join(), os.path.join(), Thread.join(); the template filter `join`",
    "press": "Playwright's Keyboard.press()",
}

#: Permitted uses of forbidden words: (word, path) -> the reason.
EXCEPTIONS = {
    ("shown", "templates/admin/site/redirect/preview.html"): "placeholder of a translated text",
}


def names(path: Path) -> Iterator[str]:
    """Yield the names of a file and its folders, and the names that its content defines or uses."""
    yield from path.relative_to(BASE).with_suffix("").parts
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from python_names(text)
    elif path.suffix == ".css":
        yield from re.findall(r"\.([A-Za-z][\w-]*)", re.sub(r"/\*.*?\*/", "", text, flags=re.S))
    elif path.suffix == ".html":
        yield from template_names(text)


def python_names(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        is_read = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
        for field in ("id", "attr", "name", "arg", "asname"):
            if isinstance(value := getattr(node, field, None), str):
                for name in value.split("."):
                    if not (is_read and name in FOREIGN_ATTRIBUTES):
                        yield name.strip("_")


def template_names(text: str) -> Iterator[str]:
    for classes in re.findall(r'class="([^"]*)"', text):
        yield from re.sub(r"\{[{%].*?[%}]\}", " ", classes).split()
    for inside in re.findall(r"\{[{%](.*?)[%}]\}", text, flags=re.S):
        code = re.sub(r"\"[^\"]*\"|'[^']*'", "", inside)
        for bar, name in re.findall(r"(\|?)(\w+)", code):
            if not (bar and name in FOREIGN_ATTRIBUTES):
                yield name


def test_former_words_are_no_names() -> None:
    files = [
        *python_files("portal", "news", "honors", "tests"),
        *(BASE / "templates").rglob("*.html"),
        *(BASE / "static").rglob("*.css"),
    ]
    found = {
        (name, str(path.relative_to(BASE))) for path in files for name in FORMER & {*names(path)}
    }
    assert found == set(EXCEPTIONS)


@pytest.mark.parametrize(
    ("code", "is_name"),
    [
        ("def join(): ...", True),
        ("_join = 1", True),
        ("self.join = 1", True),
        ("f(join=1)", True),
        # Only the file with this name is reported, not its imports.
        ("from a.join import b as c", False),
        ("', '.join(words)", False),
        ("words = 'join'  # join", False),
    ],
)
def test_python_names(code: str, is_name: bool) -> None:
    assert ("join" in python_names(code)) == is_name


@pytest.mark.parametrize(
    ("template", "is_name"),
    [
        ('<p class="wide press">', True),
        ("{% press article %}", True),
        ("{{ article.press }}", True),
        ("{{ press }}", True),
        ("{{ words|join:', ' }}", False),
        ("{% url 'press' %} press {{ 'press' }}", False),
    ],
)
def test_template_names(template: str, is_name: bool) -> None:
    assert bool({"press", "join"} & {*template_names(template)}) == is_name
