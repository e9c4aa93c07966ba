"""Invalid uploads must be refused with a sentence beside the field, and nothing is stored."""

import struct
import zlib
from io import BytesIO

import PIL.Image
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from portal.library.models import Attachment, Image
from tests.publishing.article_forms import AWKWARD_TEXT, assert_sentence
from tests.publishing.database_rows import all_rows

pytestmark = pytest.mark.django_db


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """Return a PNG file whose header contains these dimensions, whatever its image data."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", data or zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def small_picture(kind: str = "PNG") -> bytes:
    data = BytesIO()
    PIL.Image.new("RGB", (20, 20), (9, 99, 9)).save(data, kind)
    return data.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
BAD_PICTURES = {
    "not a picture": ("a.png", b"just some words"),
    "empty": ("a.png", b""),
    "a decompression bomb": ("a.png", png(60_000, 60_000, zlib.compress(b"\0" * 1_000_000))),
    "41 megapixels": ("a.png", png(41_000, 1_000)),
    "41 megapixels, square": ("a.png", png(6_404, 6_404)),
    "truncated": ("a.jpg", small_picture("JPEG")[:200]),
    "SVG": ("a.svg", SVG),
    "SVG in disguise": ("a.png", SVG),
    "SVG with a declaration": ("a.jpg", b"\xef\xbb\xbf<?xml version='1.0'?>\n" + SVG),
    "HTML in disguise": ("a.jpg", HTML),
    "HTML behind a picture": ("a.gif", small_picture("GIF") + HTML),
    "a document": ("a.png", b"%PDF-1.4\n%%EOF"),
    "a program": ("a.png", b"MZ\x90\0" + b"\0" * 100),
    "another kind of picture": ("a.png", small_picture("TGA")),
    "another kind of picture, with a signature": ("a.png", small_picture("ICO")),
}


@pytest.mark.parametrize("what", BAD_PICTURES)
def test_a_bad_picture_is_refused(editor_client: Client, what: str) -> None:
    name, data = BAD_PICTURES[what]
    before = all_rows("library")
    answer = editor_client.post(
        reverse("library:upload"),
        {"upload": SimpleUploadedFile(name, data, "image/png"), "alt": AWKWARD_TEXT},
    )
    assert answer.status_code == 400
    assert answer.json()["uploaded"] == 0
    assert_sentence([answer.json()["error"]["message"]])
    # The page of the library shows the same refusal beside the field and keeps the input.
    page = editor_client.post(
        reverse("admin:library_image_add"),
        {"upload": SimpleUploadedFile(name, data, "image/png"), "alt": AWKWARD_TEXT, "title": "题"},
    )
    assert page.status_code == 200
    form = page.context["adminform"].form
    assert list(form.errors) == ["upload"]
    assert_sentence(form.errors["upload"])
    assert (form["alt"].value(), form["title"].value()) == (AWKWARD_TEXT, "题")
    assert all_rows("library") == before


@pytest.mark.parametrize(
    "name", ["a.txt", "a.exe", "a.svg", "a.html", "a.gif", "名字", "a.png.php"]
)
def test_a_picture_is_identified_by_its_content(editor_client: Client, name: str) -> None:
    """The file's content determines its type, not its name or the type that the client declares."""
    upload = SimpleUploadedFile(name, small_picture("JPEG"), "text/html")
    answer = editor_client.post(reverse("library:upload"), {"upload": upload})
    assert answer.status_code == 200
    image = Image.objects.get()
    assert (image.format, image.file.name.rpartition(".")[2]) == ("jpeg", "jpg")
    served = editor_client.get(image.editor_url)
    served.close()
    assert served.headers["Content-Type"].startswith("image/")
    assert served.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "data", [b"words", b"", HTML, SVG, small_picture(), b"PK\x03\x04broken", b"%PDF-1.4 cut off"]
)
def test_a_bad_attachment_is_refused(editor_client: Client, data: bytes) -> None:
    upload = SimpleUploadedFile("a.pdf", data, "application/pdf")
    page = editor_client.post(
        reverse("admin:library_attachment_add"), {"upload": upload, "title": AWKWARD_TEXT}
    )
    form = page.context["adminform"].form
    assert list(form.errors) == ["upload"]
    assert_sentence(form.errors["upload"])
    assert form["title"].value() == AWKWARD_TEXT
    assert not Attachment.objects.exists()
