"""The Nu checker must accept the HTML of every kind of page."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests import node
from tests.sample import Page

CHECKER = (node.JAVA, "-Xss8m", "-XX:TieredStopAtLevel=1", "-jar", node.NU)
OPTIONS = ("--format", "json", "--stdout", "--exit-zero-always")


def test_the_html_of_every_page_is_valid(url: str, pages: dict[str, Page], tmp_path: Path) -> None:
    for name, page in pages.items():
        (tmp_path / f"{name}.html").write_bytes(fetch(url, page))
    command = [*CHECKER, *OPTIONS, *sorted(tmp_path.iterdir())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    messages = json.loads(done.stdout)["messages"]
    problems = summary(messages)
    assert not problems, problems


def fetch(url: str, page: Page) -> bytes:
    """Return the content of the page, requested without compression."""
    request = Request(url + page.address, data=page.sent.encode() or None)
    try:
        with urlopen(request, timeout=300) as response:
            return response.read()
    except HTTPError as answer:  # Another test checks the status of the response (test_table.py).
        return answer.read()


def summary(messages: list[dict[str, str]]) -> str:
    """Return each message one time, with one extract of the HTML and the names of all its pages."""
    pages, places = defaultdict(set), {}
    for each in messages:
        message = f"{each.get('subType', each['type'])}: {each['message']}"
        pages[message].add(Path(each["url"]).stem)
        places[message] = " ".join(each.get("extract", "").split())
    return "\n".join(f"{it} [{places[it]}] {', '.join(sorted(pages[it]))}" for it in pages)
