"""Names of stored files, derived from the SHA-256 digest of the content: files never change.

Renditions (scaled versions of images) and attachments have the same name in the private and in the
public storage. The original of an image is never public.
"""

import re

ORIGINALS_FOLDER = "images"
RENDITIONS_FOLDER = "i"
ATTACHMENTS_FOLDER = "a"

# Browsers take the first format that they support, so the formats with the smallest files come
# first. Every browser supports the last one.
RENDITION_SUFFIXES = ("avif", "webp", "jpg")

_RENDITION = re.compile(r"i/[0-9a-f]{2}/(?P<digest>[0-9a-f]{64})-\d+\.(?:avif|webp|jpg)")
_ATTACHMENT = re.compile(r"a/[0-9a-f]{2}/(?P<digest>[0-9a-f]{64})\.(?:pdf|docx|xlsx|pptx)")


def original(digest: str, suffix: str) -> str:
    """Return the name of the file with an uploaded image in full size."""
    return f"{ORIGINALS_FOLDER}/{digest[:2]}/{digest}.{suffix}"


def rendition(digest: str, width: int, suffix: str) -> str:
    """Return the name of the file with an image scaled to ``width`` pixels."""
    return f"{RENDITIONS_FOLDER}/{digest[:2]}/{digest}-{width}.{suffix}"


def attachment(digest: str, kind: str) -> str:
    """Return the name of an attachment's file; ``kind`` is its suffix."""
    return f"{ATTACHMENTS_FOLDER}/{digest[:2]}/{digest}.{kind}"


def rendition_digest(name: str) -> str | None:
    """Return the image digest that a rendition's file name contains; None for other names."""
    match = _RENDITION.fullmatch(name)
    return match["digest"] if match else None


def attachment_digest(name: str) -> str | None:
    """Return the digest that an attachment's file name contains; None for other names."""
    match = _ATTACHMENT.fullmatch(name)
    return match["digest"] if match else None
