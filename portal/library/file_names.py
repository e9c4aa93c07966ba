"""Names of stored files: derived from the SHA-256 of their content, which so never changes.

Renditions and attachments have the same name in the private and the public storage; an image's
original is never public.
"""

import re

ORIGINALS_FOLDER = "images"
RENDITIONS_FOLDER = "i"
ATTACHMENTS_FOLDER = "a"

# Smallest files first: the order in which formats are offered to browsers, which take the first
# that they can show. Every browser can show the last.
RENDITION_SUFFIXES = ("avif", "webp", "jpg")

_RENDITION = re.compile(r"i/[0-9a-f]{2}/(?P<digest>[0-9a-f]{64})-\d+\.(?:avif|webp|jpg)")
_ATTACHMENT = re.compile(r"a/[0-9a-f]{2}/(?P<digest>[0-9a-f]{64})\.(?:pdf|docx|xlsx)")


def original(digest: str, suffix: str) -> str:
    """Return the name of an uploaded image in full size."""
    return f"{ORIGINALS_FOLDER}/{digest[:2]}/{digest}.{suffix}"


def rendition(digest: str, width: int, suffix: str) -> str:
    """Return the name of an image scaled to ``width`` pixels."""
    return f"{RENDITIONS_FOLDER}/{digest[:2]}/{digest}-{width}.{suffix}"


def attachment(digest: str, kind: str) -> str:
    """Return the name of an attachment; ``kind`` is its suffix."""
    return f"{ATTACHMENTS_FOLDER}/{digest[:2]}/{digest}.{kind}"


def rendition_digest(name: str) -> str | None:
    """Return the image's digest in the name of a rendition; None if it is no such name."""
    match = _RENDITION.fullmatch(name)
    return match["digest"] if match else None


def attachment_digest(name: str) -> str | None:
    """Return the digest in the name of an attachment; None if it is no such name."""
    match = _ATTACHMENT.fullmatch(name)
    return match["digest"] if match else None
