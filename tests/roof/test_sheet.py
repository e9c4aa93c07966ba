"""The joined sheet of the public pages."""

import re
from pathlib import Path

from django.conf import settings

from portal import static_files


def test_a_browser_reads_the_same_without_what_is_for_us() -> None:
    sheet = '/* One\n   two */\n.a {\n  color: red; /* why */\n\n  content: "a  b";\n}\n'
    assert static_files.bare(sheet) == '.a {\ncolor: red;\ncontent: "a  b";\n}\n'


def test_every_rule_of_every_sheet_is_in_it(tmp_path: Path) -> None:
    joined = Path(static_files.join(tmp_path)).read_text()
    assert "/*" not in joined
    for name in static_files.SHEETS:
        text = (settings.BASE_DIR / "static" / "css" / f"{name}.css").read_text()
        lines = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).splitlines()
        wanted = "\n".join(line.strip() for line in lines if line.strip())
        assert wanted in joined, name
        # No sign of a comment stands where it is none.
        assert not re.search(r"""["'(][^"')\n]*/\*""", text), name
