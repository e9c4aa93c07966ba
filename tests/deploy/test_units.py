"""Tests of the systemd units, and of the other files that are installed with them."""

import os
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from portal.search import extract_text

DEPLOY = settings.BASE_DIR / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
VAR = "/var/lib/portal"
BACKUPS = "/var/backups/portal"
#: The units that run manage.py.
MANAGED = [
    DEPLOY / "systemd" / f"portal-{name}.service" for name in ("prepare", "scheduler", "web")
]
#: Upper limit of the exposure score of systemd-analyze: 0 means fully sandboxed, 10 unrestricted.
MAX_EXPOSURE = 2.5
#: Settings that every unit must have.
SANDBOX = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "PrivateTmp": "yes",
}
#: Settings that differ between the units; None means that the unit must not have the setting. The
#: nginx for media files reads no portal settings and writes to no folder.
UNIT_SETTINGS: dict[str, dict[str, str | None]] = {
    name: {
        "ReadWritePaths": writes,
        "UMask": umask,
        "User": user,
        "EnvironmentFile": "/etc/portal/portal.env" if user == "portal" else None,
    }
    for name, writes, umask, user in (
        ("portal-backup", BACKUPS, "0077", "portal"),
        ("portal-media", None, "0077", "www-data"),
        ("portal-prepare", VAR, "0027", "portal"),
        ("portal-scheduler", VAR, "0027", "portal"),
        ("portal-web", VAR, "0027", "portal"),
    )
}


def read(unit: Path) -> ConfigParser:
    found = ConfigParser(strict=False, interpolation=None, delimiters="=")
    found.optionxform = str  # type: ignore[method-assign]
    found.read(unit, encoding="utf-8")
    return found


def test_the_list_of_units_is_complete() -> None:
    assert [unit.stem for unit in UNITS] == list(UNIT_SETTINGS)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_units_are_sandboxed_and_limited(unit: Path) -> None:
    """All units must have the same sandbox and limits; systemd must restart those that run
    permanently.
    """
    service = read(unit)["Service"]
    assert {name: service[name] for name in SANDBOX} == SANDBOX
    own = UNIT_SETTINGS[unit.stem]
    assert {name: service.get(name) for name in own} == own
    is_long_running = service["Type"] == "exec"
    assert (service.get("Restart") == "always") is is_long_running
    assert re.fullmatch(r"\d+G", service["MemoryMax"])
    assert int(service["LimitNOFILE"]) >= 4096
    assert ("Install" in read(unit)) is is_long_running


def test_the_scheduler_has_memory_for_reading_attachments() -> None:
    """The scheduler must have twice the memory limit of the process that reads attachments.

    The scheduler must continue if the kernel kills this process.
    """
    service = read(DEPLOY / "systemd/portal-scheduler.service")["Service"]
    assert int(service["MemoryMax"].removesuffix("G")) << 30 >= 2 * extract_text.MEMORY_LIMIT_BYTES
    assert service["OOMPolicy"] == "continue"


@pytest.mark.parametrize("unit", MANAGED, ids=lambda unit: unit.stem)
def test_units_call_existing_commands(unit: Path) -> None:
    """Each management command must exist and accept the options of its unit."""
    python, manage, name, *options = read(unit)["Service"]["ExecStart"].split()
    assert (python, manage) == ("/opt/portal/.venv/bin/python", "manage.py")
    command = load_command_class(get_commands()[name], name)
    parsed = command.create_parser("manage.py", name).parse_args(options)
    wanted = {"serve": "no_clock", "run_due": "loop", "prepare": "no_sample"}[name]
    assert getattr(parsed, wanted) is True


def test_the_backup_runs_each_night() -> None:
    """The timer must run an executable script, and must run it later if the machine was off at
    night.
    """
    service = read(DEPLOY / "systemd/portal-backup.service")["Service"]
    program, folder = service["ExecStart"].split()
    script = settings.BASE_DIR / Path(program).relative_to("/opt/portal")
    assert os.access(script, os.X_OK)
    assert folder == BACKUPS
    timer = read(DEPLOY / "systemd/portal-backup.timer")
    assert timer["Timer"]["Persistent"] == "yes"
    assert timer["Install"]["WantedBy"] == "timers.target"
    folders = (DEPLOY / "systemd/portal.tmpfiles.conf").read_text()
    assert f"d {BACKUPS}" in folders


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """If systemd-analyze is installed, it must accept copies of the units.

    The copies contain the path of an existing Python interpreter.
    """
    judge = shutil.which("systemd-analyze")
    copies = []
    for unit in UNITS:
        copy = tmp_path / unit.name
        text = unit.read_text(encoding="utf-8")
        text = text.replace("/opt/portal/.venv/bin/python", sys.executable)
        text = text.replace("/opt/portal/deploy/", f"{DEPLOY}/")
        copy.write_text(text)
        copies.append(copy)
    timers = [shutil.copy(timer, tmp_path) for timer in (DEPLOY / "systemd").glob("*.timer")]
    if judge is None:
        return
    done = subprocess.run(
        [judge, "verify", *copies, *timers], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "portal" in line]
    assert ours == []
    for copy in copies:
        judged = subprocess.run(
            [judge, "security", "--offline=true", "--no-pager", copy],
            capture_output=True,
            text=True,
            check=False,
        )
        level = re.search(r"exposure level for \S+: ([\d.]+)", judged.stdout)
        assert level, judged.stderr
        print(f"{copy.name}: {level[1]}")
        assert float(level[1]) < MAX_EXPOSURE


def test_nginx_can_read_public_folders_only() -> None:
    """The modes that systemd-tmpfiles sets must give nginx access to the public folders only."""
    lines = (DEPLOY / "systemd/portal.tmpfiles.conf").read_text().splitlines()
    rows = [line.split() for line in lines if line.startswith("d ")]
    groups = {path: (mode, group) for _d, path, mode, _user, group, _age in rows}
    public = ("store", "static", "down", "media/public")
    assert {groups[f"{VAR}/{path}"] for path in public} == {("2750", "www-data")}
    # nginx may enter the following folders, but may not list their files.
    assert groups[VAR] == ("0710", "www-data")
    assert groups[f"{VAR}/media"] == ("2710", "www-data")
    assert groups[f"{VAR}/media/private"] == ("0700", "portal")
    assert groups["/var/backups/portal"] == ("0700", "portal")
    assert {user for _d, _path, _mode, user, _group, _age in rows} == {"portal"}


def test_the_example_environment_is_complete() -> None:
    """The example must contain only names that the settings read, and no secret."""
    text = (DEPLOY / "portal.env.example").read_text()
    named = set(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE))
    known = (settings.BASE_DIR / "portal/settings.py").read_text()
    assert named == {
        "PORTAL_ALLOWED_HOSTS",
        "PORTAL_HTTPS",
        "PORTAL_VAR",
        "DATABASE_URL",
        "PORTAL_SECRET_KEY",
    }
    assert all(f'"{name}"' in known for name in named)
    assert "\n#PORTAL_SECRET_KEY=\n" in text


def test_compose_requires_secrets() -> None:
    """Secrets must not have defaults: without the variables, compose refuses compose.yaml."""
    text = (DEPLOY / "container/compose.yaml").read_text()
    for name in ("PORTAL_DB_PASSWORD", "PORTAL_SECRET_KEY", "PORTAL_ALLOWED_HOSTS", "PORTAL_DATA"):
        assert f"${{{name}:?" in text
        assert f"${{{name}:-" not in text
    contained = (DEPLOY / "container/Containerfile").read_text()
    assert "USER 10001:10001" in contained
    assert contained.count("--require-hashes") == 2
    images = re.findall(r"(?:^FROM|^ +image:) (\S+)", contained + text, re.MULTILINE)
    pinned = [image for image in images if image != "court-portal:local"]
    assert len(pinned) == 4
    assert all(re.search(r":\d+\.\d+(\.\d+)?-", image) for image in pinned)
