"""Uploaded images must be rotated, stripped of metadata and encoded; unsafe ones are refused."""

from __future__ import annotations

import hashlib
import io

import PIL.Image
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from PIL import ImageCms

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.models import Entry
from portal.library.actions import add_image, set_hidden
from portal.library.decoding import encoding, limits
from portal.library.decoding.refusals import Code, Refusal
from portal.library.models import Image
from tests.factories import user

from .sample_files import (
    animated_image,
    as_upload,
    decode_bytes,
    encode_image,
    make_image,
    make_office_file,
    png_with_declared_size,
    zip_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_storages")]


@pytest.fixture
def editor() -> User:
    return user(Role.EDITOR)


def open_stored(name: str) -> PIL.Image.Image:
    with default_storage.open(name) as file:
        image = PIL.Image.open(io.BytesIO(file.read()))
        image.load()
        return image


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP"])
def test_format_is_detected_by_content(format: str, editor: User) -> None:
    image = add_image(file=as_upload(encode_image(format=format), "看图.txt"), by=editor)
    assert (image.width, image.height, image.title) == (60, 40, "看图")
    assert open_stored(image.file.name).format == image.get_format_display()


def test_stored_files_and_row_of_an_image(editor: User) -> None:
    data = encode_image(make_image(1200, 800), quality=95)
    image = add_image(file=as_upload(data), by=editor, title="t", alt=" 一幅画 ", credit="c")
    with default_storage.open(image.file.name) as file:
        stored = file.read()
    assert image.digest == hashlib.sha256(stored).hexdigest()
    assert image.upload_digest == hashlib.sha256(data).hexdigest()
    assert image.file.name == f"images/{image.digest[:2]}/{image.digest}.jpg"
    assert image.size == len(stored)
    assert (image.title, image.alt, image.credit, image.uploader) == ("t", "一幅画", "c", editor)
    assert image.widths == [320, 560, 720, 960, 1200]
    folder = f"i/{image.digest[:2]}"
    assert set(default_storage.listdir(folder)[1]) >= {
        f"{image.digest}-{width}.{suffix}"
        for width in (320, 560, 720, 960, 1200)
        for suffix in ("avif", "webp", "jpg")
    }
    for name in image.public_file_names:
        rendition = open_stored(name)
        width = int(name.rsplit("-")[-1].split(".")[0])
        assert rendition.size == (width, round(width * 2 / 3))
    entry = Entry.objects.get(action="library.add")
    assert (entry.object_id, entry.actor_id) == (str(image.pk), editor.pk)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((3000, 2000), [320, 560, 720, 960, 1600]),
        ((1600, 900), [320, 560, 720, 960, 1600]),
        ((960, 10), [320, 560, 720, 960]),
        ((561, 10), [320, 560, 561]),
        ((320, 10), [320]),
        ((5, 5), [5]),
        # A long screenshot: no rendition may have more pixels than the AVIF encoder has memory for.
        ((1080, 20_000), [320, 560, 720, 734]),
        # No rendition may be higher than the WebP format allows.
        ((600, 20_000), [320, 480]),
        ((1, 30_000), [1]),
    ],
)
def test_renditions_are_never_wider_than_the_image(
    size: tuple[int, int], expected: list[int]
) -> None:
    assert encoding.widths(*size) == expected


def test_image_is_rotated_upright_and_loses_its_metadata(editor: User) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # orientation 6: rotated by 90 degrees
    exif[0x010F] = "SECRETPHONE"
    exif.get_ifd(0x8825)[1] = "N"
    data = encode_image(make_image(60, 40), exif=exif, comment=b"SECRETCOMMENT")
    assert b"SECRETPHONE" in data
    assert b"SECRETCOMMENT" in data
    image = add_image(file=as_upload(data), by=editor)
    assert (image.width, image.height) == (40, 60)
    for name in [image.file.name, *image.public_file_names]:
        with default_storage.open(name) as file:
            raw = file.read()
        assert b"SECRET" not in raw
        assert not open_stored(name).getexif()
        assert "icc_profile" not in open_stored(name).info


def test_text_chunks_of_a_png_are_removed(editor: User) -> None:
    info = PIL.PngImagePlugin.PngInfo()
    info.add_text("Author", "SECRET")
    image = add_image(file=as_upload(encode_image(format="PNG", pnginfo=info)), by=editor)
    with default_storage.open(image.file.name) as file:
        assert b"SECRET" not in file.read()


def drawing(mode: str, ink: object, clear: object, size: tuple[int, int]) -> PIL.Image.Image:
    """Return a drawing whose left half is ink and whose right half is transparent."""
    image = PIL.Image.new(mode, size, clear)
    image.paste(ink, (0, 0, size[0] // 2, size[1]))
    return image


DRAWINGS = {
    "black lines": (drawing("RGBA", (0, 0, 0, 255), (0, 0, 0, 0), (40, 20)), {}),
    "red lines": (drawing("RGBA", (200, 0, 0, 255), (255, 0, 0, 0), (40, 20)), {}),
    "grey with alpha": (drawing("LA", (0, 255), (0, 0), (40, 20)), {}),
    "palette": (drawing("P", 1, 0, (40, 20)), {"transparency": 0}),
    "one transparent grey": (drawing("L", 40, 0, (40, 20)), {"transparency": 0}),
    "larger than a rendition": (drawing("RGBA", (0, 0, 0, 255), (0, 0, 0, 0), (2000, 900)), {}),
    "long": (drawing("RGBA", (0, 0, 0, 255), (0, 0, 0, 0), (400, 1200)), {}),
}


@pytest.mark.parametrize(("image", "options"), DRAWINGS.values(), ids=DRAWINGS)
def test_pages_show_a_transparent_drawing_on_white(
    image: PIL.Image.Image, options: dict[str, object], editor: User
) -> None:
    """Its lines would vanish on the ground of a dark theme."""
    stored = add_image(file=as_upload(encode_image(image, "PNG", **options)), by=editor)
    assert (stored.format, open_stored(stored.file.name).mode) == ("png", "RGBA")
    assert {name.rpartition(".")[2] for name in stored.public_file_names} == {"avif", "webp", "jpg"}
    for name in stored.public_file_names:
        rendition = open_stored(name)
        assert rendition.mode == "RGB"
        width, height = rendition.size
        assert min(rendition.getpixel((width * 3 // 4, height // 2))) > 250
        assert min(rendition.getpixel((width // 4, height // 2))) < 60


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_colour_mode_is_accepted(mode: str, editor: User) -> None:
    deep = PIL.Image.new("I;16", (9, 9), 40_000)
    image = deep if mode == "I;16" else make_image(mode="L").convert(mode)
    stored = add_image(file=as_upload(encode_image(image, "PNG")), by=editor)
    if mode == "I;16":
        assert open_stored(stored.file.name).convert("L").getpixel((4, 4)) == 40_000 // 256


def test_cmyk_becomes_rgb(editor: User) -> None:
    image = add_image(file=as_upload(encode_image(make_image().convert("CMYK"))), by=editor)
    assert open_stored(image.file.name).mode == "RGB"


def test_other_colour_profiles_become_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert decode_bytes(encode_image(icc_profile=lab)).pixels.mode == "RGB"
    assert decode_bytes(encode_image(icc_profile=b"nonsense")).pixels.mode == "RGB"


def test_mpo_is_read_as_one_image(editor: User) -> None:
    data = encode_image(make_image(), "MPO", save_all=True, append_images=[make_image(30, 20)])
    assert add_image(file=as_upload(data), by=editor).width == 60


def test_same_upload_is_one_row(editor: User) -> None:
    data = encode_image()
    first = add_image(file=as_upload(data), by=editor, alt="alt")
    again = add_image(file=as_upload(data, "other.png"), by=editor, alt="other")
    assert (again.pk, first.is_new, again.is_new) == (first.pk, True, False)
    assert Image.objects.get().alt == "alt"


def test_same_pixels_in_another_encoding_are_one_row(editor: User) -> None:
    image = make_image(mode="L")
    first = add_image(file=as_upload(encode_image(image, "PNG")), by=editor)
    again = add_image(file=as_upload(encode_image(image, "PNG", compress_level=0)), by=editor)
    assert again == first


def test_upload_of_a_hidden_image_is_refused(editor: User) -> None:
    image = add_image(file=as_upload(encode_image()), by=editor)
    set_hidden(media_file=image, hidden=True, by=editor)
    with pytest.raises(ValidationError) as refusal:
        add_image(file=as_upload(encode_image()), by=editor)
    assert refusal.value.code == "hidden"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><html><script>alert(1)</script></html>"
JPEG, GIF = encode_image(), encode_image(format="GIF")

REFUSED = {
    "empty": (b"", "empty"),
    "text": (b"hello", "not_a_picture"),
    "svg": (SVG, "svg"),
    "svg with a prologue": (b'\xef\xbb\xbf  <?xml version="1.0"?>' + SVG, "svg"),
    "page": (HTML, "page"),
    "program": (b"MZ" + b"\0" * 200, "not_a_picture"),
    "pdf": (b"%PDF-1.7\n", "not_a_picture"),
    "several pages": (animated_image("TIFF"), "pages"),
    "half a tiff": (encode_image(make_image(300, 300), "TIFF")[:3000], "damaged"),
    "half a bmp": (encode_image(make_image(300, 300), "BMP")[:3000], "damaged"),
    "ico": (encode_image(format="ICO"), "not_a_picture"),
    "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "not_a_picture"),
    "half a jpeg": (encode_image(make_image(300, 300))[:2000], "damaged"),
    "half a png": (encode_image(make_image(300, 300), "PNG")[:300], "damaged"),
    "half a webp": (encode_image(make_image(300, 300), "WEBP", lossless=True)[:300], "damaged"),
    "moving gif": (animated_image("GIF"), "animated"),
    "moving png": (animated_image("PNG"), "animated"),
    "moving webp": (animated_image("WEBP"), "animated"),
    "bomb": (png_with_declared_size(8000, 5001), "too_many_pixels"),
    "huge bomb": (png_with_declared_size(100_000, 100_000), "too_many_pixels"),
    "thread": (png_with_declared_size(30_001, 1), "too_long"),
    "broken header": (png_with_declared_size(0, 0), "not_a_picture"),
    "jpeg and page": (JPEG + HTML, "polyglot"),
    "gif and page": (GIF + b"<script >alert(1)</script>", "polyglot"),
    "jpeg and php": (JPEG + b"<?php system($_GET[0]);", "polyglot"),
    "jpeg and svg": (JPEG + SVG, "polyglot"),
    "jpeg and archive": (JPEG + zip_of({"a": b"b"}), "polyglot"),
    "jpeg and docx": (JPEG + make_office_file(), "polyglot"),
    "comment with a script": (encode_image(comment=b"<script src=x>"), "polyglot"),
    "too large": (JPEG + b"\0" * limits.MAX_UPLOAD_BYTES, "too_large"),
}


@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED)
def test_image_is_refused_with_one_sentence(data: bytes, code: str, editor: User) -> None:
    with pytest.raises(ValidationError) as refusal:
        add_image(file=as_upload(data), by=editor)
    assert refusal.value.code == code
    assert len(refusal.value.messages) == 1
    assert refusal.value.messages[0].endswith(("。", "."))
    assert not Image.objects.exists()


def test_bomb_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(Refusal) as refusal:
        decode_bytes(png_with_declared_size(10_000, 9_000))
    assert refusal.value.code == Code.TOO_MANY_PIXELS


def test_only_permitted_roles_may_add_images(editor: User) -> None:
    roles = {Role.EDITOR, Role.PUBLISHER, Role.HONORS}
    for role in Role:
        account = user(role)
        if role in roles:
            add_image(
                file=as_upload(encode_image(make_image(20, 20 + len(role.value)))), by=account
            )
        else:
            with pytest.raises(PermissionDenied):
                add_image(file=as_upload(encode_image()), by=account)
    with pytest.raises(PermissionDenied):
        add_image(file=as_upload(encode_image()), by=user(is_superuser=True))
    inactive = user(Role.EDITOR, is_active=False)
    with pytest.raises(PermissionDenied):
        add_image(file=as_upload(encode_image()), by=inactive)
