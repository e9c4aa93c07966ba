"""One stylesheet defines the colours of the admin, for the light and the dark theme."""

from __future__ import annotations

import re

from django.conf import settings

CSS = settings.BASE_DIR / "static" / "css"
TOKENS = "admin-tokens.css"
SHEETS = ("admin*.css", "workflow.css", "ledger-*.css")
COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch)\(|\b(?:white|black)\b(?!-)"
)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def declarations(sheet: str, selector: str) -> dict[str, str]:
    """Return the properties and values of the stylesheet's first rule with this selector."""
    body = sheet.partition(f"{selector} {{")[2].partition("}")[0]
    return dict(re.findall(r"([\w-]+):\s*([^;]+);", body))


def tokens() -> str:
    return COMMENT.sub("", (CSS / TOKENS).read_text(encoding="utf-8"))


def test_only_the_tokens_name_a_colour() -> None:
    sheets = [path for pattern in SHEETS for path in CSS.glob(pattern) if path.name != TOKENS]
    assert len(sheets) == 6
    found = {
        path.name: COLOUR.findall(COMMENT.sub("", path.read_text(encoding="utf-8")).lower())
        for path in sheets
    }
    assert {name: colours for name, colours in found.items() if colours} == {}


def test_the_system_and_the_switch_lead_to_the_same_dark_theme() -> None:
    by_system = declarations(tokens(), ':root:not([data-theme="light"])')
    by_switch = declarations(tokens(), '\nhtml[data-theme="dark"]')
    assert by_system == by_switch
    assert by_system["color-scheme"] == "dark"


def test_every_colour_has_a_dark_counterpart() -> None:
    light = declarations(tokens(), ':root,\nhtml[data-theme="light"]')
    dark = declarations(tokens(), '\nhtml[data-theme="dark"]')
    fixed = {name for name in light if name.startswith(("--sheet", "--dot"))}
    assert set(light) - fixed == set(dark)


def test_djangos_variables_refer_to_tokens() -> None:
    own = set(declarations(tokens(), ':root,\nhtml[data-theme="light"]'))
    assert set(re.findall(r":\s*var\((--[\w-]+)\)", tokens())) <= own
