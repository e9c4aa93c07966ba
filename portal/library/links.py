"""Addresses of files: public ones, and signed ones for the desk.

A signed address holds the file's name and, for a picture, its number, so that the rich text can
tell which picture an ``<img>`` of the editor shows, also after the signature has run out.
"""

import re
import time
from urllib.parse import urlsplit

from django.core.files.storage import storages
from django.core.signing import BadSignature, TimestampSigner, b62_encode
from django.urls import reverse

from portal.library import names

# An address keeps for 12 to 15 hours: its time is cut to three hours, so that the browser's own
# cache can use a thumbnail again.
STEP = 3 * 3600
LIFETIME = 15 * 3600

_PICTURE_NUMBER = re.compile(r"(\d{1,18}):")


class _Signer(TimestampSigner):
    def timestamp(self) -> str:
        return b62_encode(int(time.time()) // STEP * STEP)


_signer = _Signer(salt="portal.library.private")


def public_url(name: str) -> str:
    return storages["public"].url(name)


def private_url(name: str, image_id: int | None = None) -> str:
    """The address at which signed-in colleagues see a file that is not public."""
    value = f"{image_id}:{name}" if image_id else name
    return reverse("library:private", args=[_signer.sign(value)])


def opened(signed: str) -> str | None:
    """The name of the file that a signature stands for; None if it is forged or has run out."""
    try:
        value = _signer.unsign(signed, max_age=LIFETIME)
    except BadSignature:
        return None
    return _PICTURE_NUMBER.sub("", value, count=1)


def image_number(url: str) -> int | None:
    """The number of the picture that a signed address shows, however old it is."""
    path = urlsplit(url).path
    root = reverse("library:private", args=["-"]).removesuffix("-/")
    if not path.startswith(root):
        return None
    match = _PICTURE_NUMBER.match(path.removeprefix(root).replace("%3A", ":"))
    return int(match[1]) if match else None


def public_digest(url: str) -> str | None:
    """The digest of the picture that a public address shows."""
    path, root = urlsplit(url).path, urlsplit(public_url("-")).path.removesuffix("-")
    return names.rendition_digest(path.removeprefix(root)) if path.startswith(root) else None
