#!/usr/bin/env bash
# Text that was inserted or moved with tracked changes: what libraries return as the text of a Word file.
# Seen: python-docx 1.2.0 leaves out insertions and both places of moved text from Paragraph.text; docx2txt 0.9 returns
# moved text at both places; mammoth 1.13.0 returns it once, at its new place, and alone joins two paragraphs whose mark
# is deleted. All three return hidden text.
#
# Guess: a reader that leaves out w:del treats insertions and moves in the same way (ISO/IEC 29500-1, 17.13.5). It matters:
# the inserted words of a judgment would be missing from the published text, or a moved sentence would stand twice.
# docx2txt shows why: w:delText is a name of its own, but the former place of moved text holds ordinary w:t.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-docx==1.2.0 docx2txt==0.9 mammoth==1.13.0
"$folder/venv/bin/python" -W ignore - "$folder/tracked.docx" <<'PYTHON'
import sys
import zipfile

import docx
import docx2txt
import mammoth

PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
BY = 'w:author="a" w:date="2024-01-01T00:00:00Z"'


def run(words, properties="", tag="t"):
    return f"<w:r>{properties}<w:{tag}>{words}</w:{tag}></w:r>"


BODY = f"""
<w:p>{run("甲")}<w:ins w:id="1" {BY}>{run("乙")}</w:ins><w:del w:id="2" {BY}>{run("丙", tag="delText")}</w:del></w:p>
<w:p><w:moveFromRangeStart w:id="3" w:name="m" {BY}/><w:moveFrom w:id="4" {BY}>{run("移")}</w:moveFrom>
<w:moveFromRangeEnd w:id="3"/></w:p>
<w:p>{run("丁")}</w:p>
<w:p><w:moveToRangeStart w:id="5" w:name="m" {BY}/><w:moveTo w:id="6" {BY}>{run("移")}</w:moveTo>
<w:moveToRangeEnd w:id="5"/></w:p>
<w:p>{run("藏", "<w:rPr><w:vanish/></w:rPr>")}</w:p>
<w:p><w:pPr><w:rPr><w:del w:id="7" {BY}/></w:rPr></w:pPr>{run("戊")}</w:p>
<w:p>{run("己")}</w:p>
"""
with zipfile.ZipFile(sys.argv[1], "w") as archive:
    archive.writestr(
        "[Content_Types].xml",
        f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{TYPE}"/></Types>',
    )
    archive.writestr(
        "_rels/.rels",
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" Type="{OFFICE}/officeDocument"'
        ' Target="word/document.xml"/></Relationships>',
    )
    archive.writestr(
        "word/document.xml", f'<w:document xmlns:w="{WORD}"><w:body>{BODY}</w:body></w:document>'
    )

found = {
    "python-docx": "/".join(paragraph.text for paragraph in docx.Document(sys.argv[1]).paragraphs),
    "docx2txt": docx2txt.process(sys.argv[1]),
    "mammoth": mammoth.extract_raw_text(open(sys.argv[1], "rb")).value,
}
found = {name: "/".join(filter(None, words.replace("\n", "/").split("/"))) for name, words in found.items()}
print("All changes accepted: 甲乙/丁/移/戊己, and hidden text 藏")
for name, words in found.items():
    print(f"{name}: {words}")
assert found == {
    "python-docx": "甲/丁/藏/戊/己",
    "docx2txt": "甲乙/移/丁/移/藏/戊/己",
    "mammoth": "甲乙/丁/移/藏/戊己",
}, found
PYTHON
echo "The three libraries behave as described."
