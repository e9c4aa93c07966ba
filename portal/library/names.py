"""How files are named: by the SHA-256 of what is in them, so that one name is one content for ever.

Renditions and attachments have the same name in both storages; an image's original is private and
has no public name.
"""

import re

ORIGINAL = "images"
RENDITION = "i"
ATTACHMENT = "a"

# Best first: what a browser is offered, in this order. The last is the one every browser reads.
RENDITION_SUFFIXES = ("avif", "webp", "jpg")

_RENDITION_NAME = re.compile(r"i/[0-9a-f]{2}/(?P<digest>[0-9a-f]{64})-\d+\.(?:avif|webp|jpg)")
_ATTACHMENT_NAME = re.compile(r"a/[0-9a-f]{2}/(?P<digest>[0-9a-f]{64})\.(?:pdf|docx|xlsx)")


def original(digest: str, suffix: str) -> str:
    return f"{ORIGINAL}/{digest[:2]}/{digest}.{suffix}"


def rendition(digest: str, width: int, suffix: str) -> str:
    return f"{RENDITION}/{digest[:2]}/{digest}-{width}.{suffix}"


def attachment(digest: str, kind: str) -> str:
    return f"{ATTACHMENT}/{digest[:2]}/{digest}.{kind}"


def rendition_digest(name: str) -> str | None:
    """The digest of the image that a rendition's name belongs to."""
    match = _RENDITION_NAME.fullmatch(name)
    return match["digest"] if match else None


def attachment_digest(name: str) -> str | None:
    match = _ATTACHMENT_NAME.fullmatch(name)
    return match["digest"] if match else None
