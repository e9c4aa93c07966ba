"""deploy/portal parses the settings file as systemd does for the services, not as a shell does."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

PORTAL = settings.BASE_DIR / "deploy/portal"
SETTINGS = (
    r"""
# a comment, with a backslash \
; another

PORTAL_ALLOWED_HOSTS=portal.example.org,www.example.org
DATABASE_URL=postgres://portal:p$$w`id`;'d"x@db/portal?sslmode=verify-full&sslrootcert=/etc/ca.pem
PORTAL_SECRET_KEY="$(id) & 'x'"
SINGLE='a "b" $HOME #c'
  BLANKS=   a  b #c
EMPTY=
NOTHING=""
"""
    + "WINDOWS=x=y\r\nTRAILING=x  \nLAST=no newline"
)


def read(tmp_path: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Run deploy/portal with a replacement for Python that prints its environment variables."""
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexec env -0\n")
    python.chmod(0o755)
    (tmp_path / "portal.env").write_bytes(text.encode())
    environment = {
        "PATH": os.environ["PATH"],
        "PORTAL_HOME": str(tmp_path),
        "PORTAL_ENV": str(tmp_path / "portal.env"),
        "PORTAL_USER": pwd.getpwuid(os.geteuid()).pw_name,
    }
    return subprocess.run(
        [PORTAL, "migrate"], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="setpriv needs root, as the command does")
def test_values_are_not_expanded(tmp_path: Path) -> None:
    done = read(tmp_path, SETTINGS)
    assert (done.returncode, done.stderr) == (0, "")
    found = dict(line.split("=", 1) for line in done.stdout.split("\0") if line)
    beside = {"PATH", "PORTAL_HOME", "PORTAL_ENV", "PORTAL_USER", "PWD", "OLDPWD", "SHLVL", "_"}
    assert {name: value for name, value in found.items() if name not in beside} == {
        "PORTAL_ALLOWED_HOSTS": "portal.example.org,www.example.org",
        "DATABASE_URL": "postgres://portal:p$$w`id`;'d\"x@db/portal"
        "?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "PORTAL_SECRET_KEY": "$(id) & 'x'",
        "SINGLE": 'a "b" $HOME #c',
        "BLANKS": "a  b #c",
        "EMPTY": "",
        "NOTHING": "",
        "WINDOWS": "x=y",
        "TRAILING": "x",
        "LAST": "no newline",
    }


@pytest.mark.parametrize(
    "line",
    ['A="x', "A='x", 'A="', 'A="x"y"', "A='x' 'y'", r"A=x\y", "nonsense", "A B=1", "=x", "1A=x"],
)
def test_ambiguous_lines_are_refused(tmp_path: Path, line: str) -> None:
    done = read(tmp_path, f"# a comment\nPORTAL_VAR=/x\n{line}\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{tmp_path}/portal.env, line 3: ")


def test_the_example_is_accepted(tmp_path: Path) -> None:
    example = (PORTAL.parent / "portal.env.example").read_text()
    done = read(tmp_path, example.replace("#PORTAL_SECRET_KEY=", "PORTAL_SECRET_KEY=x&y"))
    assert "line" not in done.stderr
