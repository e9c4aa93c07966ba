"""The commands in docs/operations are valid and cannot damage a running site."""

import re
import subprocess

import pytest
from django.core.management import get_commands

from tests.deploy.documents import FOLDER, shell

PAGES = sorted(page.name for page in FOLDER.glob("*.md"))
TEXTS = {name: (FOLDER / name).read_text(encoding="utf-8") for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_commands_are_valid_shell(name: str) -> None:
    for piece in shell(name):
        done = subprocess.run(["/bin/bash", "-n"], input=piece, text=True, capture_output=True)
        assert (done.returncode, done.stderr) == (0, ""), piece


@pytest.mark.parametrize("name", PAGES)
def test_configurations_in_use_are_replaced_atomically(name: str) -> None:
    """`>` empties the configuration before the command runs.

    If the command failed, nginx could not start again with the empty file.
    """
    assert re.findall(r"nginx_conf[^\n`]*> *\S*\.conf(?!\.new)\b", TEXTS[name]) == []


#: Pages that may restart one unit alone, because they reload the workers just before, or because
#: only the web process is affected.
SINGLE_RESTARTS = {"one-server.md": ["portal-scheduler"], "troubleshooting.md": ["portal-web"]}


@pytest.mark.parametrize("name", PAGES)
def test_both_units_are_restarted(name: str) -> None:
    """A unit that is restarted alone could have other settings or code than the process that owns
    the page store.
    """
    alone = r"systemctl restart (portal-web|portal-scheduler)\b(?! portal-)"
    pieces = shell(name)
    assert re.findall(alone, "".join(pieces)) == SINGLE_RESTARTS.get(name, [])
    prose = TEXTS[name]
    for piece in pieces:
        prose = prose.replace(piece, "")
    assert re.findall(alone, prose) == []


def test_an_update_also_starts_stopped_units() -> None:
    """After a rollback, both units are stopped.

    `systemctl reload` would then fail, and the commands after `&&` would not run.
    """
    for name, text in TEXTS.items():
        assert re.findall(r"systemctl reload portal-web", text) == [], name
    update = next(each for each in shell("one-server.md") if "git checkout NEW" in each)
    assert "systemctl start portal-prepare && systemctl reload-or-restart portal-web" in update


@pytest.mark.parametrize("name", PAGES)
def test_named_commands_exist(name: str) -> None:
    named = set(re.findall(r"(?:^|[`&] ?)portal ([a-z_]+)", TEXTS[name], re.MULTILINE))
    named |= set(re.findall(r"manage\.py ([a-z_]+)", TEXTS[name]))
    assert named <= set(get_commands())


@pytest.mark.parametrize("name", PAGES)
def test_links_have_targets(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]*#?[^):]*)\)", TEXTS[name]):
        path, _, anchor = target.partition("#")
        page = FOLDER / path if path else FOLDER / name
        assert page.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, target


def slug(heading: str) -> str:
    """Return the anchor that GitHub generates for a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
