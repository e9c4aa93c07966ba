"""docs/glossary.md lists every domain term one time, with the name that the
code uses for the term.
"""

import re
from collections import Counter

from django.apps import apps
from django.db.models import Model

from tests.architecture.source import BASE, app_of

GLOSSARY = BASE / "docs" / "glossary.md"


def rows() -> list[tuple[str, str, list[str]]]:
    """Return the rows of the page's tables as (Chinese term, English term, names in the code)."""
    found = []
    for line in GLOSSARY.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and line.startswith("|") and not set(cells[0]) <= set("- :"):
            found.append((cells[0], cells[1], re.findall(r"`([^`]+)`", cells[2])))
    return [row for row in found if row[2]]


def own_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if app_of(model.__module__) is not None]


def names_in_code() -> set[str]:
    """Return the names of the project's models, the names of their fields, and their stored
    choices.
    """
    fields = [field for model in own_models() for field in model._meta.get_fields()]
    choices = [getattr(field, "flatchoices", None) or () for field in fields]
    return {
        *(model.__name__ for model in own_models()),
        *(field.name for field in fields),
        *(str(value) for each in choices for value, _label in each),
    }


def test_every_model_has_a_term() -> None:
    terms = {name for _chinese, _english, names in rows() for name in names}
    assert {model.__name__ for model in own_models()} - terms == set()


def test_every_name_exists() -> None:
    known = names_in_code()
    missing = [name for *_terms, names in rows() for name in names if name not in known]
    assert missing == []


def test_every_term_is_listed_once() -> None:
    for column in (0, 1):
        terms = Counter(row[column] for row in rows())
        assert [term for term, count in terms.items() if count > 1] == []
