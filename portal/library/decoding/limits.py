"""Limits of uploaded pictures and of the processes that decode them: docs/uploaded-pictures.md.

All decoders of a machine together use at most 400 MB more than when there is nothing to decode:
either two processes with ``SMALL_MEMORY_BYTES`` or one with ``LARGE_MEMORY_BYTES``, each and about
25 MB of libraries.
"""

from typing import Any

MIB = 1024 * 1024
MAX_UPLOAD_BYTES = 20 * MIB

#: Pixels of formats that are decoded whole.
MAX_PIXELS = 40_000_000
#: Pixels of JPEG, which is decoded at a reduced scale.
MAX_JPEG_PIXELS = 250_000_000
#: Pixels of formats whose decoders need several times the memory of the pixels.
MAX_COSTLY_PIXELS = 16_000_000
#: Pixels of HEIC: a phone's usual picture has 12 or 24 million.
MAX_HEIC_PIXELS = 25_000_000
MAX_SIDE = 30_000

#: Widths of renditions (scaled versions of an image) in pixels. On a common phone (412 CSS pixels,
#: 1.75 device pixels each), 320 suits an image in a list, 560 an image in the carousel, and 720 an
#: image as wide as the text column.
RENDITION_WIDTHS = (320, 560, 720, 960, 1600)
#: Maximum height of a rendition in pixels. The WebP format allows 16,383.
MAX_RENDITION_HEIGHT = 16_000
#: Pixels of a rendition. The AVIF encoder needs 24 bytes for each.
MAX_RENDITION_PIXELS = 10_000_000
#: Options of the encoders of renditions, by file name suffix. AVIF at speed 8 of 10 takes a tenth
#: of the time of the default; files are a few percent larger. Decoders receive these values.
RENDITION_OPTIONS: dict[str, dict[str, Any]] = {
    "avif": {"quality": 60, "speed": 8},
    "webp": {"quality": 80, "method": 4},
    "jpg": {"quality": 82, "optimize": True, "progressive": True},
}

SLOTS = 2
SMALL_MEMORY_BYTES = 165 * MIB
LARGE_MEMORY_BYTES = 350 * MIB
#: Address space beyond the memory: libraries, and what a library reserves and does not use.
ADDRESS_BYTES = 256 * MIB
#: The part of the memory that pixels may fill; the rest is for the interpreter and the encoders.
PIXEL_SHARE = 0.9
CPU_LIMIT_SECONDS = 60
#: Bytes of the stored versions of one picture.
MAX_RESULT_BYTES = 200 * MIB

#: Requests of one server process that may wait for a decoder or use one. The server has twice as
#: many threads, so that the others serve readers.
MAX_WAITING = 4
#: Seconds for which a picture waits for a slot; nginx gives up after 120.
WAIT_SECONDS = 80
#: Seconds after which a decoder is ended that uses no processor time (the limit above counts that).
HANG_SECONDS = 600
