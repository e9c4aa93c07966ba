"""One sentence for each reason for which a picture is refused."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from .refusals import Code, Refusal

_SENTENCES = {
    Code.TOO_LARGE: _("The picture is larger than 20 MB. Save it smaller, then upload it again."),
    Code.SVG: _("SVG drawings are not accepted, as they may hold scripts. Export it as PNG."),
    Code.PAGE: _(
        "This is a page of text, not a picture. Save the picture itself, then upload that."
    ),
    Code.NOT_A_PICTURE: _(
        "This is not a picture. Choose a JPEG, HEIC, PNG, WebP, AVIF, GIF, TIFF or BMP file."
    ),
    Code.HEIC: _(
        'The HEIC picture cannot be read or has more than 25 million pixels. Choose "most '
        "compatible\" in the phone's camera settings, or save the picture as a JPEG, then upload "
        "that."
    ),
    Code.TOO_MANY_PIXELS: _(
        "The picture has more than 40 million pixels, which only a JPEG may have. Save it smaller "
        "or as a JPEG, then upload it again."
    ),
    Code.TOO_MANY_JPEG_PIXELS: _(
        "The picture has more than 250 million pixels. Save it smaller, then upload it again."
    ),
    Code.TOO_MANY_COSTLY_PIXELS: _(
        "The picture has more than 16 million pixels, which only a JPEG, PNG, GIF, TIFF or BMP may "
        "have. Save it smaller or as a JPEG, then upload it again."
    ),
    Code.TOO_LONG: _(
        "The picture is longer than 30,000 pixels. Cut it into parts, then upload those."
    ),
    Code.ANIMATED: _(
        "Moving pictures are not accepted. Save one frame as a picture and upload that."
    ),
    Code.PAGES: _(
        "This TIFF file has several pages. Save each page as a picture, or all of them as a PDF, "
        "then upload that."
    ),
    Code.POLYGLOT: _(
        "Something else is hidden in this picture: a page, a script or an archive. Open it "
        "in a picture program, save it anew, then upload that."
    ),
    Code.DAMAGED: _("The picture is damaged or incomplete. Fetch it from its source once more."),
    Code.TOO_COSTLY: _(
        "This picture takes too much memory or time to read. Open it in a picture program, save it "
        "as an ordinary JPEG, not a progressive one, then upload that."
    ),
    Code.BUSY: _(
        "Many pictures are being read just now. Wait a minute, then upload this one once more."
    ),
}


def validation_error(refusal: Refusal) -> ValidationError:
    """Return the error that a form shows beside the file field."""
    return ValidationError(gettext(_SENTENCES[refusal.code]), code=refusal.code.value)
