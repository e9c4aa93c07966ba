#!/usr/bin/env bash
# Invisible text of OFD files (GB/T 33190-2016, the format of electronic official documents), read by easyofd 20260427.
# Seen: a text object that the file marks as invisible (Visible="false") or fully transparent (Alpha="0") is read like all
# other texts, and nothing in the result tells it apart.
#   on the page                        read
#   on a template page (letterhead)    read
#   in a nested block                  read
#   Visible="false"                    read, as if readers saw it
#   Alpha="0"                          read, as if readers saw it
#
# Guess: a reader whose purpose is to convert such files for people skips what the standard calls invisible, and may miss
# the letterhead on the template page. It is the other way round. Words that an author has hidden would get into a search
# index or into a converted copy; a reader of OFD files has to look at the two attributes in the XML itself. The portal
# takes no OFD attachments.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check easyofd==20260427
"$folder/venv/bin/python" -W ignore - 2>"$folder/log" <<'PYTHON'
import io
import zipfile

from easyofd import OFD

NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def text(number, words, attributes=""):
    return (
        f'<ofd:TextObject ID="{number}" Boundary="20 {number} 160 10" Font="2" Size="5"{attributes}>'
        f'<ofd:TextCode X="0" Y="5" DeltaX="g {len(words) - 1} 5">{words}</ofd:TextCode>'
        "</ofd:TextObject>"
    )


def page(layer, content, template=""):
    return (
        f"<ofd:Page {NAMESPACE}>{template}<ofd:Content>"
        f'<ofd:Layer ID="{layer}">{content}</ofd:Layer></ofd:Content></ofd:Page>'
    )


PARTS = {
    "OFD.xml": f'<ofd:OFD {NAMESPACE} Version="1.1" DocType="OFD"><ofd:DocBody><ofd:DocInfo>'
    f"<ofd:DocID>{'0' * 32}</ofd:DocID></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
    "</ofd:DocBody></ofd:OFD>",
    "Doc_0/Document.xml": f"<ofd:Document {NAMESPACE}><ofd:CommonData><ofd:MaxUnitID>99</ofd:MaxUnitID>"
    "<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
    "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>"
    '<ofd:TemplatePage ID="3" BaseLoc="Tpls/Tpl_0/Content.xml"/></ofd:CommonData>'
    '<ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>',
    "Doc_0/PublicRes.xml": f'<ofd:Res {NAMESPACE} BaseLoc="Res"><ofd:Fonts>'
    '<ofd:Font ID="2" FontName="SimSun" FamilyName="SimSun"/></ofd:Fonts></ofd:Res>',
    "Doc_0/Tpls/Tpl_0/Content.xml": page(30, text(31, "版头文字")),
    "Doc_0/Pages/Page_0/Content.xml": page(
        40,
        text(41, "正文文字")
        + f'<ofd:PageBlock ID="50">{text(51, "块中文字")}</ofd:PageBlock>'
        + text(61, "不可见的文字", ' Visible="false"')
        + text(71, "透明的文字", ' Alpha="0"'),
        '<ofd:Template TemplateID="3" ZOrder="Background"/>',
    ),
}

stored = io.BytesIO()
with zipfile.ZipFile(stored, "w") as archive:
    for name, content in PARTS.items():
        archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>\n' + content)

reader = OFD()
reader.read(stored.getvalue(), fmt="binary")


def objects(value):
    """Yield the text objects of easyofd's result."""
    if isinstance(value, dict):
        if "text" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from objects(each)


found = {each["text"]: sorted(each) for each in objects(reader.data)}
for words in found:
    print(words)
assert set(found) == {"版头文字", "正文文字", "块中文字", "不可见的文字", "透明的文字"}, found
keys = {tuple(each) for each in found.values()}
assert len(keys) == 1, keys
assert not {"visible", "alpha"} & {key.lower() for key in next(iter(keys))}, keys
PYTHON
echo "easyofd behaves as described."
