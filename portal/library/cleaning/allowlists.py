"""Allow-lists for nh3: the markup that is read and converted, and the markup that may be stored."""

from __future__ import annotations

from portal.library.cleaning.blocks import INLINE, LISTS, TEXT_BLOCKS
from portal.library.cleaning.styles import ALIGNMENTS, INDENTS, WIDTHS
from portal.library.markup import tag_names

# Heading tag of the input -> heading tag that is stored.
HEADINGS = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}
FORMATS = {
    "b": "strong",
    "strong": "strong",
    "i": "em",
    "em": "em",
    "u": "u",
    "s": "s",
    "strike": "s",
    "sub": "sub",
    "sup": "sup",
}
# Tags of elements that are replaced by their content.
CONTAINERS = tag_names(
    "div section article header footer main aside nav address center dl dt dd li "
    "details summary pre"
)

URL_SCHEMES = {"http", "https", "mailto", "tel"}
# Schemes that the reader sees, so that it can report what it takes out. It keeps none of them.
READ_URL_SCHEMES = URL_SCHEMES | {
    *("javascript", "vbscript", "data", "blob", "file", "ftp", "about", "weixin", "sms"),
}

READ_TAGS = (
    {*HEADINGS, *FORMATS, *CONTAINERS, *LISTS}
    | tag_names("p blockquote figure figcaption picture a img br hr span font")
    | tag_names("table caption thead tbody tfoot tr th td colgroup col")
    # Deleted and commented content, which the reader takes out.
    | tag_names("del w:del w:deltext w:movefrom comment w:comment")
)
READ_ATTRIBUTES = {
    "*": {"style", "class", "align", "hidden", "id"},
    "a": {"href", "title", "name"},
    "span": {"data-quote"},
    "img": {
        *("src", "data-image", "alt", "width", "height", "data-pending"),
        *("data-src", "data-original", "data-croporisrc"),
    },
    "ol": {"start"},
    "tr": {"height"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
TAGS_DROPPED_WITH_CONTENT = tag_names(
    "script style xml title head noscript template svg math iframe object embed "
    "audio video canvas textarea select button noembed noframes"
)

STORED_TAGS = (
    {*TEXT_BLOCKS, *LISTS, *INLINE}
    | {"blockquote", "figure", "figcaption", "img", "br", "hr", "li"}
    | tag_names("table caption thead tbody tfoot tr th td")
)
STORED_ATTRIBUTES = {
    "a": {"href", "title"},
    "span": {"data-quote", "id"},
    "img": {"data-image", "alt"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
#: Attributes of a pasted text, while the browser holds the files of some of its images.
PASTED_ATTRIBUTES = {**STORED_ATTRIBUTES, "img": {"data-image", "data-pending", "alt"}}
STORED_VALUES = {"a": {"rel": {"noopener"}}, "th": {"scope": {"row", "col"}}}
STORED_CLASSES = {
    **{tag: {*ALIGNMENTS, *INDENTS} for tag in TEXT_BLOCKS},
    **{tag: set(ALIGNMENTS) for tag in ("li", "td", "th")},
    "figure": {"image", *ALIGNMENTS[:3], *WIDTHS},
    "img": {"align-left", "align-right", *WIDTHS},
}
