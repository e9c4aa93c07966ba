"""The log: text of a request cannot forge a line."""

from __future__ import annotations

import io
import logging
import logging.config
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client

from portal.accounts.roles import Role
from portal.log_lines import CONTINUATION
from tests import factories

FORGED = "2026-11-30 08:00:00,000 INFO portal.audit nothing happened"
SEPARATORS = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Yield what the portal's log writes, with the formatter of the settings."""
    options = dict(settings.LOGGING["formatters"]["line"])
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    configured = logging.config.DictConfigurator({"version": 1})  # type: ignore[arg-type]
    handler.setFormatter(configured.configure_formatter(options))
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def records(stream: io.StringIO) -> list[str]:
    return [
        line
        for line in stream.getvalue().splitlines()
        if line and not line.startswith(CONTINUATION)
    ]


@pytest.mark.parametrize("separator", SEPARATORS)
def test_a_message_is_one_line(separator: str, stream: io.StringIO) -> None:
    logging.getLogger("portal").warning("Filtering by %s", f"x{separator}{FORGED}")
    (line,) = records(stream)
    assert "Filtering by x\\" in line


@pytest.mark.parametrize("separator", SEPARATORS)
def test_the_message_of_an_exception_begins_no_line(separator: str, stream: io.StringIO) -> None:
    try:
        raise ValueError(f"x{separator}{FORGED}")
    except ValueError:
        logging.getLogger("portal").exception("failed")
    assert [line.rpartition(" ")[2] for line in records(stream)] == ["failed"]
    assert f"{CONTINUATION}Traceback" in stream.getvalue()


def test_other_text_stays_readable(stream: io.StringIO) -> None:
    logging.getLogger("portal").warning("稿件 %s：a\tb \x1b[31m \u202e 𠮷", "第一行")
    (line,) = records(stream)
    assert line.endswith("稿件 第一行：a\\tb \\x1b[31m \\u202e 𠮷")


def test_a_stack_is_indented(stream: io.StringIO) -> None:
    logging.getLogger("portal").warning("here", stack_info=True)
    assert len(records(stream)) == 1
    assert sys._getframe().f_code.co_name in stream.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/news/article/", "/admin/audit/entry/", "/feedback/"])
def test_a_parameter_forges_no_line(path: str, client: Client, stream: io.StringIO) -> None:
    client.force_login(factories.user(Role.AUDITOR))
    client.raise_request_exception = False
    client.get(path, {f"x__y\n{FORGED}": "1", "q": f"\n{FORGED}"})
    client.get(f"{path}%0A{FORGED}/")
    assert not [line for line in stream.getvalue().splitlines() if line.startswith(FORGED)]
