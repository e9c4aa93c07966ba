"""URLs of the library's files: public URLs, and signed URLs for the admin.

A signed URL contains the file's name. For an image it also contains the id, so that the image of an
``<img>`` in edited text can be identified even after the signature has expired.
"""

import re
import time
from urllib.parse import urlsplit

from django.core.files.storage import storages
from django.core.signing import BadSignature, TimestampSigner, b62_encode
from django.urls import reverse

from portal.library import file_names

# A signed URL is valid for 12 to 15 hours. Its timestamp is rounded down to three hours, so that
# the URL of a file stays the same for that time and browsers can reuse cached thumbnails.
TIMESTAMP_STEP_SECONDS = 3 * 3600
MAX_AGE_SECONDS = 15 * 3600

_IMAGE_ID_PREFIX = re.compile(r"(\d{1,18}):")


class _Signer(TimestampSigner):
    def timestamp(self) -> str:
        return b62_encode(int(time.time()) // TIMESTAMP_STEP_SECONDS * TIMESTAMP_STEP_SECONDS)


_signer = _Signer(salt="portal.library.private")


def public_url(name: str) -> str:
    """Return the URL of a file in the public storage."""
    return storages["public"].url(name)


def signed_url(name: str, image_id: int | None = None) -> str:
    """Return the URL at which signed-in staff can read a file that may not be public."""
    value = f"{image_id}:{name}" if image_id else name
    return reverse("library:private", args=[_signer.sign(value)])


def verify_signed_name(signed: str) -> str | None:
    """Return the file name in a signed value; None if the value is forged or has expired."""
    try:
        value = _signer.unsign(signed, max_age=MAX_AGE_SECONDS)
    except BadSignature:
        return None
    return _IMAGE_ID_PREFIX.sub("", value, count=1)


def signed_image_id(url: str) -> int | None:
    """Return the image id in a signed URL, or None; signature and age are not verified."""
    path = urlsplit(url).path
    root = reverse("library:private", args=["-"]).removesuffix("-/")
    if not path.startswith(root):
        return None
    match = _IMAGE_ID_PREFIX.match(path.removeprefix(root).replace("%3A", ":"))
    return int(match[1]) if match else None


def public_image_digest(url: str) -> str | None:
    """Return the image digest that the public URL of a rendition contains; None for other URLs."""
    path, root = urlsplit(url).path, urlsplit(public_url("-")).path.removesuffix("-")
    if not path.startswith(root):
        return None
    return file_names.rendition_digest(path.removeprefix(root))
