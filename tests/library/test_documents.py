"""Checks of uploaded documents: kinds are detected by content; bombs and macros are refused."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError

from portal.accounts.roles import Role
from portal.library import documents, file_names, views
from portal.library.actions import add_attachment
from portal.library.forms import ATTACHMENT_ACCEPT
from portal.library.models import Attachment
from portal.search import extract_text
from tests.factories import user

from .hidden_content_files import docx, pptx, slide
from .sample_files import (
    CONTENT_TYPES,
    PDF,
    as_upload,
    make_office_file,
    understate_size,
    zip_of,
)

MB = 1024 * 1024


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "pdf"),
        (make_office_file(), "docx"),
        (make_office_file("xlsx"), "xlsx"),
        (make_office_file("pptx"), "pptx"),
        (pptx([slide("字")]), "pptx"),
        (docx("", main="word/document2.xml"), "docx"),
    ],
)
def test_kind_is_detected_by_content(data: bytes, kind: str) -> None:
    assert documents.detect_kind(data) == kind


def main_type(kind: str) -> bytes:
    """Return an Office file whose main part has this type."""
    types = CONTENT_TYPES.format(part="main.xml", kind=kind, more="")
    return zip_of({"[Content_Types].xml": types.encode(), "main.xml": b"<x/>"})


REFUSED = {
    "text": (b"hello", "unknown_kind"),
    "page": (b"<html>%PDF-1.4 %%EOF", "unknown_kind"),
    "old word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old_office"),
    "half a pdf": (PDF[:-7], "damaged"),
    "pdf and archive": (PDF + zip_of({"a": b"b"}) + b"%%EOF", "polyglot"),
    "half a docx": (make_office_file()[:-30], "damaged"),
    "archive": (zip_of({"a.txt": b"a"}), "archive"),
    "archive with a word part": (zip_of({"word/document.xml": b"<x/>"}), "archive"),
    "wrong content types": (
        zip_of({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<x/>"}),
        "archive",
    ),
    "climbing name": (make_office_file(**{"..__..__etc__passwd": b"x"}), "damaged"),
    "macro type": (
        make_office_file(more='<Default ContentType="x.macroEnabled.main+xml"/>'),
        "macros",
    ),
    "macros of a presentation": (
        make_office_file(
            "pptx", more='<Default ContentType="application/vnd.ms-powerpoint.vbaProject"/>'
        ),
        "macros",
    ),
    "slide show": (main_type("presentationml.slideshow"), "template"),
    "template of PowerPoint": (main_type("presentationml.template"), "template"),
    "template of Word": (main_type("wordprocessingml.template"), "template"),
    "template of Excel": (main_type("spreadsheetml.template"), "template"),
    "drawing": (main_type("visio.drawing"), "archive"),
    "active content": (make_office_file(word__activeX__activeX1=b"x"), "macros"),
    "bomb": (make_office_file(word__big=b"\0" * (60 * MB)), "bomb"),
    "too large": (PDF + b"\0" * documents.MAX_UPLOAD_BYTES, "too_large"),
}


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED)
def test_document_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        documents.detect_kind(data)
    assert refusal.value.code == code
    assert len(refusal.value.messages) == 1


@pytest.mark.parametrize(
    "name", ["word/vbaProject.bin", "xl/vbaData.xml", "xl/macrosheets/a.xml", "ppt/vbaProject.bin"]
)
def test_macros_are_refused_in_any_part(name: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        documents.detect_kind(make_office_file("xlsx", **{name: b"x"}))
    assert refusal.value.code == "macros"


def test_bomb_with_a_false_declared_size_is_refused() -> None:
    bomb = make_office_file(word__big=b"\0" * (60 * MB))
    with pytest.raises(ValidationError) as refusal:
        documents.detect_kind(understate_size(bomb, "word/big", 10))
    assert refusal.value.code in {"damaged", "bomb"}


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("通知.docx", "通知.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\desk\\开庭公告.PDF", "开庭公告.pdf"),
        ("a\u202efdp.exe", "afdp.pdf"),
        ("line\r\nSet-Cookie: x.pdf", "lineSet-Cookie: x.pdf"),
        ('quo"te.pdf', "quo'te.pdf"),
        ("", "file.pdf"),
        ("字" * 300, "字" * 195 + ".pdf"),
    ],
)
def test_download_name_is_cleaned(given: str, cleaned: str) -> None:
    assert documents.clean_name(given, "pdf") == cleaned


@pytest.mark.django_db
def test_same_document_is_added_once() -> None:
    editor = user(Role.EDITOR)
    first = add_attachment(file=as_upload(PDF, "通知.pdf"), by=editor)
    assert (first.kind, first.name, first.title, first.size) == (
        "pdf",
        "通知.pdf",
        "通知",
        len(PDF),
    )
    assert first.public_file_names == [f"a/{first.digest[:2]}/{first.digest}.pdf"]
    assert add_attachment(file=as_upload(PDF, "other.pdf"), by=editor) == first
    assert Attachment.objects.count() == 1


@pytest.mark.parametrize("kind", Attachment.Kind.values)
def test_each_kind_is_known_wherever_kinds_are_listed(kind: str) -> None:
    """Uploads, names, downloads, the search and nginx each have a list of the kinds."""
    name = file_names.attachment("0" * 64, kind)
    assert file_names.attachment_digest(name) == "0" * 64
    assert f".{kind}" in ATTACHMENT_ACCEPT.split(",")
    assert views._MEDIA_TYPES[kind].startswith("application/")
    assert kind in extract_text.READERS
    data = PDF if kind == "pdf" else make_office_file(kind)
    assert documents.detect_kind(data) == kind
    for template in ("portal.conf.template", "media.conf.template"):
        text = (settings.BASE_DIR / "deploy/nginx" / template).read_text()
        patterns = re.findall(r"\{64\}\\\.\(\?:([a-z|]+)\)\)?\$\"", text)
        assert patterns, template
        assert all(kind in each.split("|") for each in patterns if "pdf" in each)
        assert re.search(rf"{re.escape(views._MEDIA_TYPES[kind])}\s+{kind};", text)
