"""The translation catalogue contains a Chinese text for every message, and no unused message."""

from pathlib import Path

import pytest

from portal import catalogue


def test_the_catalogue_is_complete() -> None:
    assert list(catalogue.check().lines()) == []


def test_updating_the_catalogue_changes_nothing(tmp_path: Path) -> None:
    """The file in the repository must equal the output of `catalogue update`."""
    copy = tmp_path / "django.po"
    copy.write_bytes(catalogue.PO.read_bytes())
    catalogue.update(copy)
    assert copy.read_text() == catalogue.PO.read_text()


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_text(
        """{% load i18n %}
  <p class='x'>it's {% translate "Home" %}{% translate 'Hi' context 'greeting' %}
 {% blocktranslate trimmed count n=a|length %}
     One {{ thing }}
     only
   {% plural %}{{ n }} of {{ thing }}{% endblocktranslate %}
      {% blocktranslate %}
   as it   stands {{ x }}
  {% endblocktranslate %}{{ _("in a variable")|default:_("in a filter") }}{% translate "100%" %}
"""
    )
    return path


def test_messages_of_a_template(template: Path) -> None:
    """Each extracted message must equal the message that Django looks up in the catalogue."""
    assert [(text, context) for _line, text, _, context in catalogue.messages(template)] == [
        ("Home", None),
        ("Hi", "greeting"),
        (("One %(thing)s only", "%(n)s of %(thing)s"), None),
        ("\n   as it   stands %(x)s\n  ", None),
        ("in a variable", None),
        ("in a filter", None),
        ("100%%", None),
    ]
