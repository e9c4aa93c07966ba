"""Screenshots of every kind of page, at the width of a phone and of a desktop, in each theme.

``python -m tests.screenshots [FOLDER]`` serves the sample portal as in production and writes the
screenshots to FOLDER (default: ``var/screenshots``), with contact sheets for each width and theme.
``--write`` also writes the images that README and docs/ show.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

from tests import machine
from tests.page_audits.reader import THEMES, Reader
from tests.sample import BASE, PASSWORD, Page, Sample

WIDTHS = {"phone": (390, 844), "desktop": (1440, 900)}
FLAGS = ["--disable-gpu", "--disable-background-networking", "--no-first-run"]
ADMIN = {
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
#: Width and height of a screenshot on a contact sheet, and the number of screenshots in a row.
CELLS = {"phone": (260, 780, 12), "desktop": (480, 780, 7)}
ROWS = 2
#: Folder of the images in the documentation. Each image shows the first screens of some screenshots
#: side by side.
DOCS = BASE / "docs" / "pictures"
STORED = {
    "home": ("home-desktop-light", "home-phone-light"),
    "article": ("article-pictures-desktop-light", "article-pictures-phone-light"),
    "honors": ("honors-desktop-light", "honors-phone-dark"),
    "figures": ("data-desktop-light", "data-phone-light"),
    "themes": ("home-phone-light", "home-phone-dark", "home-phone-elder"),
}
STORED_BYTES = 100_000
#: Script that makes the browser load all images, including those below the first screen.
ALL_PICTURES = "document.querySelectorAll('img').forEach((image) => (image.loading = 'eager'))"
GREY, INK = "#d9d8d4", "#1d2530"


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="portal-pictures-") as var:
        sample = Sample(Path(var))
        sample.make()
        pages = sample.pages()
        with sample.served() as url, sync_playwright() as playwright:
            root = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(
                executable_path=machine.chromium(), args=[*FLAGS, *root]
            )
            for name in _public(browser, url, pages, folder):
                print(name, flush=True)
            for name in _admin(browser, url, folder):
                print(name, flush=True)
            browser.close()
    for path in _sheets(list(pages), folder):
        print(path)
    if options.write:
        for path in _stored(folder):
            print(path)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=BASE / "var" / "screenshots")
    parser.add_argument("--write", action="store_true", help="write the pictures in docs/, too")
    return parser.parse_args(arguments)


def _public(browser: Browser, url: str, pages: dict[str, Page], folder: Path) -> Iterator[str]:
    """Open each public page one time and take a screenshot in each theme and width.

    ``Reader`` opens the pages, as in the page audits. The generator yields the name of each page.
    """
    for name in pages:
        context = browser.new_context(locale="zh-CN", reduced_motion="reduce")
        reader = Reader(context.new_page(), url, pages)
        reader.open(name)
        reader.tab.evaluate(ALL_PICTURES)
        for theme in reader.themes():
            for width, (wide, high) in WIDTHS.items():
                reader.tab.set_viewport_size({"width": wide, "height": high})
                reader.tab.wait_for_load_state("networkidle")
                path = folder / f"{name}-{width}-{theme}.png"
                reader.tab.screenshot(path=path, full_page=True)
        yield name
        context.close()


def _admin(browser: Browser, url: str, folder: Path) -> Iterator[str]:
    for width, (wide, high) in WIDTHS.items():
        for name, (user, target) in ADMIN.items():
            context = browser.new_context(viewport={"width": wide, "height": high}, locale="zh-CN")
            page = context.new_page()
            page.goto(f"{url}/admin/login/?next=/admin/")
            page.fill("#id_username", user)
            page.fill("#id_password", PASSWORD)
            page.click("form [type=submit]")
            page.locator(".waiting").wait_for()
            if target.startswith("/"):
                page.goto(url + target)
            else:
                page.goto(url + page.locator(f".waiting {target}").first.get_attribute("href"))
            if name == "write":
                page.locator(".cke_wysiwyg_div").wait_for()
            page.screenshot(path=folder / f"admin-{name}-{width}.png", full_page=True)
            yield f"admin-{name}-{width}"
            context.close()


def _sheets(names: list[str], folder: Path) -> Iterator[Path]:
    for width in WIDTHS:
        for theme in THEMES:
            wide, high, columns = CELLS[width]
            paths = [folder / f"{name}-{width}-{theme}.png" for name in names]
            there = iter([each for each in paths if each.exists()])
            number = 0
            while some := list(islice(there, columns * ROWS)):
                number += 1
                path = folder / f"sheet-{width}-{theme}-{number}.png"
                _sheet(some, wide, high, columns).save(path)
                yield path


def _sheet(paths: list[Path], wide: int, high: int, columns: int) -> Image.Image:
    gap, line = 12, 22
    rows = -(-len(paths) // columns)
    size = (columns * (wide + gap) + gap, rows * (high + line + gap) + gap)
    sheet = Image.new("RGB", size, GREY)
    pen = ImageDraw.Draw(sheet)
    for place, path in enumerate(paths):
        left = gap + place % columns * (wide + gap)
        top = gap + place // columns * (high + line + gap)
        pen.text((left, top), path.stem, fill=INK, font_size=14)
        with Image.open(path) as picture:
            small = picture.convert("RGB").resize(
                (wide, picture.height * wide // picture.width), Image.Resampling.LANCZOS
            )
        sheet.paste(small.crop((0, 0, wide, min(high, small.height))), (left, top + line))
    return sheet


def _stored(folder: Path) -> Iterator[Path]:
    for name, parts in STORED.items():
        windows = [_window(folder / f"{part}.png") for part in parts]
        picture = _beside(windows)
        path = DOCS / f"{name}.webp"
        for quality in range(90, 20, -5):
            picture.save(path, quality=quality, method=6)
            if path.stat().st_size < STORED_BYTES:
                break
        yield path


def _window(path: Path) -> Image.Image:
    """Return the part of the screenshot that is visible without scrolling."""
    with Image.open(path) as picture:
        wide, high = next(size for size in WIDTHS.values() if size[0] == picture.width)
        return picture.convert("RGB").crop((0, 0, wide, high))


def _beside(windows: list[Image.Image], wide: int = 1280, gap: int = 24) -> Image.Image:
    sheet = Image.new(
        "RGB",
        (
            sum(each.width for each in windows) + gap * (len(windows) + 1),
            max(each.height for each in windows) + 2 * gap,
        ),
        GREY,
    )
    left = gap
    for each in windows:
        sheet.paste(each, (left, gap))
        left += each.width + gap
    return sheet.resize(
        (min(wide, sheet.width), sheet.height * min(wide, sheet.width) // sheet.width),
        Image.Resampling.LANCZOS,
    )


if __name__ == "__main__":
    main()
