"""Pictures of every kind of page, on a phone and on a desk, in each theme.

``python -m tests.screenshots [FOLDER]`` loads the sample portal into a folder of its own, serves it
as production does, and leaves the pictures in FOLDER (``var/screenshots``).
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

from tests import machine

BASE = Path(__file__).resolve().parents[1]
WIDTHS = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1440, "height": 1000}}
THEMES = ("light", "dark", "elder")
FLAGS = ["--disable-gpu", "--disable-background-networking", "--no-first-run"]
#: name -> (address, the link on that page that leads on to the one to be taken, or "")
PUBLIC = {
    "home": ("/", ""),
    "columns": ("/news/", ""),
    "column": ("/news/court-news/", ""),
    "article": ("/", ".lead-title a"),
    "honors": ("/honors/", ""),
    "honor": ("/honors/year/2018/", ".plaque-name a"),
    "honors-level": ("/honors/level/provincial/", ""),
    "court": ("/court/", ""),
    "leaders": ("/court/leaders/", ""),
    "departments": ("/court/departments/", ""),
    "judges": ("/court/judges/", ""),
    "contact": ("/court/contact/", ""),
    "data": ("/data/", ""),
    "indicator": ("/data/", "main table a[href^='/data/']"),
    "corrections": ("/corrections/", ""),
    "not-found": ("/news/999999/", ""),
}
DESK = {
    "dashboard": ("editor", "/admin/"),
    "articles": ("editor", "/admin/news/article/"),
    "write": ("editor", "/admin/news/article/add/"),
    "review": ("reviewer2", "a[href*='/article/']"),
    "ledger": ("honors", "/admin/honors/honor/"),
    "ledger-import": ("honors", "/admin/honors/honor/import/"),
    "honor-form": ("honors", "/admin/honors/honor/add/"),
    "figures": ("editor", "/admin/court/observation/"),
    "figure-form": ("editor", "/admin/court/observation/add/"),
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with served() as (url, password), sync_playwright() as playwright:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(
            executable_path=machine.chromium(), args=[*FLAGS, *root]
        )
        for name in _public(browser, url, folder):
            print(name)
        for name in _desk(browser, url, password, folder):
            print(name)
        browser.close()


def _public(browser: Browser, url: str, folder: Path) -> Iterator[str]:
    for theme in THEMES:
        for width, viewport in WIDTHS.items():
            context = browser.new_context(
                viewport=viewport,
                locale="zh-CN",
                color_scheme="dark" if theme == "dark" else "light",
            )
            page = context.new_page()
            for name, (address, link) in PUBLIC.items():
                page.goto(url + address)
                if theme == "elder":
                    page.get_by_label("适老版").check()
                if link:
                    page.goto(url + page.locator(link).first.get_attribute("href"))
                page.screenshot(path=folder / f"{name}-{width}-{theme}.png", full_page=True)
                yield f"{name}-{width}-{theme}"
            context.close()


def _desk(browser: Browser, url: str, password: str, folder: Path) -> Iterator[str]:
    for width, viewport in WIDTHS.items():
        for name, (user, target) in DESK.items():
            context = browser.new_context(viewport=viewport, locale="zh-CN")
            page = context.new_page()
            page.goto(f"{url}/admin/login/?next=/admin/")
            page.fill("#id_username", user)
            page.fill("#id_password", password)
            page.click("form [type=submit]")
            page.locator(".waiting").wait_for()
            if target.startswith("/"):
                page.goto(url + target)
            else:
                page.goto(url + page.locator(f".waiting {target}").first.get_attribute("href"))
            if name == "write":
                page.locator(".cke_wysiwyg_div").wait_for()
            page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
            yield f"{name}-{width}"
            context.close()


@contextmanager
def served() -> Iterator[tuple[str, str]]:
    """The sample portal on a port of its own, and the demo accounts' password."""
    password = f"Court-{secrets.token_hex(4)}-1"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="portal-pictures-") as var:
        environment = {**os.environ, "PORTAL_VAR": var, "PORTAL_DEMO_PASSWORD": password}
        environment.pop("DATABASE_URL", None)
        manage = [sys.executable, str(BASE / "manage.py")]
        subprocess.run([*manage, "prepare"], env=environment, cwd=BASE, check=True)
        server = subprocess.Popen(
            [*manage, "serve", "--port", str(port)],
            env=environment,
            cwd=BASE,
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}", password
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait(address: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urlopen(address, timeout=5):
                return
        except HTTPError:
            return
        except URLError:
            time.sleep(0.1)
    raise SystemExit("The server did not start.")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else BASE / "var" / "screenshots")
