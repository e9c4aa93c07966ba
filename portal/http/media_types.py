"""Media types (MIME types) of the files and responses of the portal."""

HTML = "text/html"
TEXT = "text/plain"
CSV = "text/csv"
XML = "application/xml"
JSON = "application/json"
ATOM = "application/atom+xml"
RSS = "application/rss+xml"
JSON_FEED = "application/feed+json"
CSVW_METADATA = "application/csvm+json"
FORM = "application/x-www-form-urlencoded"

AVIF = "image/avif"
BMP = "image/bmp"
GIF = "image/gif"
HEIC = "image/heic"
HEIF = "image/heif"
JPEG = "image/jpeg"
PNG = "image/png"
TIFF = "image/tiff"
WEBP = "image/webp"

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

BINARY = "application/octet-stream"


def utf8(media_type: str) -> str:
    """Return the Content-Type header of a text response in UTF-8."""
    return f"{media_type}; charset=utf-8"
