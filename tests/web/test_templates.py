"""Templates and style sheets must contain nothing that the content security policy forbids."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.utils import timezone

from portal.web.templatetags.web import format_datetime

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
SHEETS = sorted((settings.BASE_DIR / "static" / "css").rglob("*.css"))

INLINE = re.compile(
    r"<style\b|\sstyle\s*=|<script(?![^>]*\bsrc=)|\son[a-z]+\s*=\s*[\"']|javascript:", re.IGNORECASE
)
THIRD_PARTY = re.compile(r"(?:src|srcset|action)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE)
LOADED_FROM_ELSEWHERE = re.compile(r"@import|@font-face|url\(\s*[\"']?(?:https?:)?//")


def name(path: Path) -> str:
    return str(path.relative_to(settings.BASE_DIR))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_have_no_inline_code_and_no_external_resources(path: Path) -> None:
    source = path.read_text()
    assert INLINE.findall(source) == []
    assert THIRD_PARTY.findall(source) == []


@pytest.mark.parametrize("path", SHEETS, ids=name)
def test_style_sheets_load_no_external_resources(path: Path) -> None:
    assert LOADED_FROM_ELSEWHERE.findall(path.read_text()) == []


@pytest.mark.parametrize("template", ["400.html", "500.html", "503.html", "down.html"])
def test_error_pages_need_neither_context_nor_database(template: str) -> None:
    before = format_datetime(timezone.now())
    page = get_template(template).render()
    assert "<h1" in page
    assert "/static/css/site.css" in page
    assert "{%" not in page
    assert re.search(r"<title>[^<]*[\u4e00-\u9fff]", page)
    assert '<a href="/">' in page
    assert "12368" in page
    # The page contains the time of the response in the court's time zone; nginx inserts the time
    # into down.html.
    dated = re.findall(r"<time>(.*?)</time>", page)
    if template == "down.html":
        assert dated == ['<!--#echo var="date_local" -->']
    else:
        assert dated in ([before], [format_datetime(timezone.now())])


def luminance(colour: str) -> float:
    digits = colour * 2 if len(colour) == 3 else colour
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def themes() -> list[dict[str, str]]:
    """Return the colours of each theme; later blocks override the colours of the first block."""
    sheet = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text()
    blocks = [
        dict(re.findall(r"--([a-z-]+): #([0-9a-f]{3,6});", block)) for block in sheet.split(":root")
    ]
    coloured = [block for block in blocks if "paper" in block]
    assert len(coloured) == 3
    return [coloured[0] | block for block in coloured]


@pytest.mark.parametrize("theme", themes(), ids=["light", "dark", "elder"])
def test_text_contrast_of_each_theme(theme: dict[str, str]) -> None:
    pairs = [
        (text, paper)
        for text in ("ink", "quiet", "red", "gold-ink")
        for paper in ("paper", "shade")
    ]
    pairs += [("gold-ink", "gold-paper"), ("foot-ink", "foot-paper"), ("foot-quiet", "foot-paper")]
    faint = {
        pair: round(contrast(theme[pair[0]], theme[pair[1]]), 2)
        for pair in pairs
        if contrast(theme[pair[0]], theme[pair[1]]) < 4.5
    }
    assert faint == {}
