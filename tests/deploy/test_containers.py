"""nginx in its container serves pages while the container of the application is recreated or
missing.

No container engine is needed: the tests parse compose.yaml and run its commands with the nginx of
this machine.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from tests.deploy.conftest import point, text, write
from tests.nginx import configured, free_port, started

COMPOSE = (Path(settings.BASE_DIR) / "deploy/container/compose.yaml").read_text()


def block(name: str, column: int = 2) -> str:
    """Return the lines of compose.yaml that belong to this key, which is indented by ``column``
    spaces.
    """
    indent = " " * column
    found = re.search(
        rf"^{indent}{name}:.*\n((?:{indent} +.*\n|\s*\n| *#.*\n)*)", COMPOSE, re.MULTILINE
    )
    assert found, name
    return found[1]


def shell(service: str) -> str:
    """Return the shell script of this service's command."""
    found = re.search(r"^    command:.*\n      - >-\n((?: {8}.*\n)+)", block(service), re.MULTILINE)
    assert found, service
    return " ".join(found[1].split()).replace("$$", "$")


def test_nginx_has_no_dependencies() -> None:
    """Compose stops the dependents of a container before it recreates the container.

    If nginx depended on the application, nginx would stay stopped after a failed migration.
    """
    dependents = {name for name in ("prepare", "web", "scheduler") if "depends_on" in block(name)}
    assert dependents == {"prepare", "web", "scheduler"}
    assert "depends_on" not in block("nginx")


def test_the_application_has_a_fixed_address() -> None:
    """A recreated container must keep its IP address, which no other container may receive."""
    front = block("front")
    (subnet,) = re.findall(r"subnet: ([\d./]+)", front)
    addresses = {
        name: re.findall(r"front: \{ipv4_address: ([\d.]+)\}", block(name))
        for name in ("web", "nginx")
    }
    assert all(len(found) == 1 for found in addresses.values())
    web, nginx = addresses["web"][0], addresses["nginx"][0]
    gateway = re.findall(r"gateway: ([\d.]+)", front)[0]
    assert len({web, nginx, gateway}) == 3
    assert all(ip_address(each) in ip_network(subnet) for each in (web, nginx, gateway))
    # Services without a fixed IP address must not belong to this network.
    assert [name for name in ("database", "prepare", "scheduler") if "front" in block(name)] == []
    assert f"--upstream {web}:8000 " in shell("prepare")


@override_settings(HTTPS=True, ALLOWED_HOSTS=["portal.example.org"], SECURE_HSTS_SECONDS=31536000)
@override_settings(SECURE_HSTS_INCLUDE_SUBDOMAINS=True, SECURE_HSTS_PRELOAD=True)
def test_nginx_starts_and_serves_without_an_application(tmp_path: Path) -> None:
    """The upstream is an IP address, so that nginx only contacts it for pages
    that are not stored.
    """
    (script,) = re.findall(r"manage\.py nginx_conf (.*?) > ", shell("prepare"))
    words = shlex.split(script)
    upstream = words[words.index("--upstream") + 1]
    var = tmp_path / "var"
    write(var / "store/g-1-a/index.html", text("current"))
    point(var / "store/current", "g-1-a")
    port = free_port()
    made = configured(
        standalone=tmp_path, var=var, upstream=[upstream], listen=[f"127.0.0.1:{port}"]
    )
    with started(tmp_path, made, port) as nginx:
        assert nginx.ask("/").body == text("current")


def test_at_first_start_nginx_waits_for_its_configuration(tmp_path: Path) -> None:
    script = shell("nginx")
    assert script.count("/etc/nginx/conf.d/") == 1
    assert script.endswith("exec nginx -g 'daemon off;'")
    here = script.replace("/etc/nginx/conf.d/", f"{tmp_path}/")
    here = here.replace("exec nginx", "echo started")
    with subprocess.Popen(["/bin/sh", "-ec", here], stdout=subprocess.PIPE, text=True) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        (tmp_path / "portal.conf").touch()
        output, _ = process.communicate(timeout=300)
    assert output == "started -g daemon off;\n"


def test_nginx_folders_must_exist() -> None:
    """The container engine would create a missing folder for root, and the portal could not write
    to it.
    """
    mounts = re.findall(r"^      - (\{type: bind.*\})$", block("nginx"), re.MULTILINE)
    assert len(mounts) == 6
    assert all("read_only: true" in mount for mount in mounts)
    assert all(
        re.search(r"bind: (\*must_exist|&must_exist \{create_host_path: false\})", m)
        for m in mounts
    )
    made = (Path(settings.BASE_DIR) / "docs/operations/containers.md").read_text()
    for folder in re.findall(r'"\$\{PORTAL_DATA:\?\}/([a-z/]+)"', block("nginx")):
        assert re.search(rf"/srv/portal/{folder}\b", made) or f",{folder}" in made, folder
