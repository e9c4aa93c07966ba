"""The search finds only words of a document that its readers see."""

import pytest

from portal.search import extract_text
from tests.library.hidden_content_files import docx

BEFORE, AFTER = "<w:p><w:r><w:t>甲</w:t></w:r>", "<w:r><w:t>乙</w:t></w:r></w:p>"


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("<w:ins><w:r><w:t>插</w:t></w:r></w:ins>", "插"),
        ("<w:del><w:r><w:delText>删</w:delText></w:r></w:del>", ""),
        ("<w:del><w:r><w:t>删</w:t></w:r></w:del>", ""),
        ("<w:moveFrom><w:r><w:t>移</w:t></w:r></w:moveFrom>", ""),
        ("<w:moveTo><w:r><w:t>移</w:t></w:r></w:moveTo>", "移"),
        ("<w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r>", ""),
        ('<w:r><w:rPr><w:vanish w:val="true"/></w:rPr><w:t>藏</w:t></w:r>', ""),
        ('<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>显</w:t></w:r>', "显"),
        ('<w:r><w:rPr><w:vanish w:val="false"/></w:rPr><w:t>显</w:t></w:r>', "显"),
        ("<w:moveFrom><w:ins><w:r><w:t>移</w:t></w:r></w:ins></w:moveFrom>", ""),
    ],
)
def test_hidden_and_removed_text_is_left_out(inside: str, found: str) -> None:
    words = "".join(extract_text.docx(docx(BEFORE + inside + AFTER))).strip()
    assert words == f"甲{found}乙"


def test_a_hidden_paragraph_mark_hides_no_words() -> None:
    mark = "<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr>"
    words = "".join(extract_text.docx(docx(BEFORE.replace("<w:p>", mark) + AFTER))).strip()
    assert words == "甲乙"
