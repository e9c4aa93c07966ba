"""Find or install the programs that the tests need: Chromium, PostgreSQL, nginx and others.

``python -m tests.machine`` looks for the programs. If it runs as root, it installs missing programs
as Debian packages; otherwise it prints a sentence that says what to install.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """Return the path of Chromium or Chrome, or None; ``$PORTAL_CHROMIUM`` takes precedence."""
    named = os.environ.get("PORTAL_CHROMIUM")
    return named or next(filter(None, map(shutil.which, BROWSERS)), None)


def chinese_fonts() -> str | None:
    """Return the first installed font with Chinese characters as ``fc-list`` prints it, or None."""
    if not shutil.which("fc-list"):
        return None
    result = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)
    return next(iter(result.stdout.splitlines()), None)


def postgresql() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres``, or None if PostgreSQL is not installed.

    The folder in PATH takes precedence over the newest version that Debian has installed.
    """
    in_path = shutil.which("postgres")
    folders = [Path(in_path).resolve().parent] if in_path else []
    folders += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: int(folder.parent.name) if folder.parent.name.isdigit() else 0,
        reverse=True,
    )
    return next((each for each in folders if (each / "initdb").exists()), None)


def nginx() -> str | None:
    """Return the path of an nginx that can serve files compressed with brotli, or None."""
    module = any(
        (Path(folder) / "ngx_http_brotli_static_module.so").exists()
        for folder in ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/etc/nginx/modules")
    )
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") if module else None


def openssl() -> str | None:
    """Return the path of OpenSSL, which creates certificates for the tested
    nginx configurations.
    """
    return shutil.which("openssl")


# For each program: its Debian packages, and the function that finds the program.
NEEDS: dict[str, tuple[str, Callable[[], object]]] = {
    "Chromium": ("chromium", chromium),
    "Chinese fonts": ("fontconfig fonts-noto-cjk", chinese_fonts),
    "PostgreSQL": ("postgresql", postgresql),
    "nginx": ("nginx-light libnginx-mod-http-brotli-static", nginx),
    "OpenSSL": ("openssl", openssl),
    "wrk": ("wrk", lambda: shutil.which("wrk")),
}


def missing() -> dict[str, str]:
    """Return a dictionary from each missing program to its Debian packages."""
    return {name: packages for name, (packages, find) in NEEDS.items() if not find()}


def main() -> int:
    absent = missing()
    if absent and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {', '.join(absent)} ...", flush=True)
        _install([package for packages in absent.values() for package in packages.split()])
        absent = missing()
    if absent:
        packages = " ".join(absent.values())
        print(
            f"The tests need {' and '.join(absent)}: install them (on Debian: apt-get install "
            f"{packages}), then run the tests again."
        )
        return 1
    return 0


def _install(packages: list[str]) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode:
            print(done.stderr.decode(errors="replace")[-2000:])
            return


if __name__ == "__main__":
    sys.exit(main())
