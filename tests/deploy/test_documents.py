"""What docs/operations tells one to type: no line of it may cost the site more than it mends."""

import re
import subprocess

import pytest
from django.core.management import get_commands

from tests.deploy.documents import FOLDER, shell

PAGES = sorted(page.name for page in FOLDER.glob("*.md"))
TEXTS = {name: (FOLDER / name).read_text(encoding="utf-8") for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_a_shell_can_read_it(name: str) -> None:
    for piece in shell(name):
        done = subprocess.run(["/bin/bash", "-n"], input=piece, text=True, capture_output=True)
        assert (done.returncode, done.stderr) == (0, ""), piece


@pytest.mark.parametrize("name", PAGES)
def test_a_configuration_in_use_is_replaced_whole(name: str) -> None:
    """`>` empties it before the command is tried: a mistake in portal.env would end nginx."""
    assert re.findall(r"nginx_conf[^\n`]*> *\S*\.conf(?!\.new)\b", TEXTS[name]) == []


#: What replaces the workers comes before the one; to forget pages is the application's alone.
ALONE = {"one-server.md": ["portal-scheduler"], "troubleshooting.md": ["portal-web"]}


@pytest.mark.parametrize("name", PAGES)
def test_both_units_are_restarted(name: str) -> None:
    """One by itself would have other settings, or other code, than the store has pages of."""
    alone = r"systemctl restart (portal-web|portal-scheduler)\b(?! portal-)"
    pieces = shell(name)
    assert re.findall(alone, "".join(pieces)) == ALONE.get(name, [])
    prose = TEXTS[name]
    for piece in pieces:
        prose = prose.replace(piece, "")
    assert re.findall(alone, prose) == []


def test_an_update_also_starts_what_is_stopped() -> None:
    """Its lines end a rollback too, for which both units were stopped: `reload` would fail there,
    and nothing that stands behind `&&` be done."""
    for name, text in TEXTS.items():
        assert re.findall(r"systemctl reload portal-web", text) == [], name
    update = next(each for each in shell("one-server.md") if "git checkout NEW" in each)
    assert "systemctl start portal-prepare && systemctl reload-or-restart portal-web" in update


@pytest.mark.parametrize("name", PAGES)
def test_its_commands_exist(name: str) -> None:
    named = set(re.findall(r"(?:^|[`&] ?)portal ([a-z_]+)", TEXTS[name], re.MULTILINE))
    named |= set(re.findall(r"manage\.py ([a-z_]+)", TEXTS[name]))
    assert named <= set(get_commands())


@pytest.mark.parametrize("name", PAGES)
def test_its_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]*#?[^):]*)\)", TEXTS[name]):
        path, _, anchor = target.partition("#")
        page = FOLDER / path if path else FOLDER / name
        assert page.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, target


def slug(heading: str) -> str:
    """As GitHub names a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
