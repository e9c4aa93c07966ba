"""What a pasted text contains but its author does not see: hidden, deleted and commented content.

The rules cover Word, WPS, Excel, Outlook, LibreOffice, Google Docs, WeChat and web pages. They are
written for elements and declarations, not for programs, so that they hold for programs not listed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from portal.library.cleaning.report import Kind
from portal.library.markup import Element, tag_names

_DELETED_TAGS = tag_names("del w:del w:deltext w:movefrom")
_COMMENT_TAGS = tag_names("comment w:comment")
_STRUCK_TAGS = tag_names("s strike")
#: Class names of deletions and of text moved elsewhere. msoDel: Word; the others: Word for the
#: web and online editors.
_DELETED_CLASS = re.compile(
    r"mso-?(del|move-?from)|deleted-?text|move(d)?-?from"
    r"|(ck-suggestion-marker|suggestion|track(ed)?-?changes?(text)?)[-_]*(delet\w*|move(d)?-?from)",
    re.IGNORECASE,
)
#: Class names of Word's comments and of the marks in the text that refer to them.
_COMMENT_CLASS = re.compile(
    r"mso(com(anchor|txt|off|hide)|comment(reference|text|subject))|(comment|annotation)"
    r"(reference|anchor|text|subject)",
    re.IGNORECASE,
)
_COMMENT_LINK = re.compile(r"#(_msocom_|_msoanchor_|cmnt)", re.IGNORECASE)
_ZERO = re.compile(r"[+-]?(0+(\.0+)?|\.0+)(px|pt|em|rem|ex|ch|cm|mm|in|pc|%|vw|vh)?$")
_TINY = re.compile(r"(0*\.\d+|[01](\.0*)?)(px|pt)$")
_RELATIVE = re.compile(r"[\d.]+(em|ex|ch|%)$|inherit$|smaller$|larger$")
_OFF_SCREEN = re.compile(
    r"-([5-9]\d\d|\d{4,})(\.\d+)?(px|pt)$|-\d{2,}(\.\d+)?(em|rem)$|-\d{3,}(\.\d+)?(cm|in|%|v[wh])$"
)
_INVISIBLE_COLOR = re.compile(
    r"transparent$|(rgba|hsla)\(.*,\s*(0+(\.0+)?|\.0+)%?\s*\)$"
    r"|[a-z]+\(.*/\s*(0+(\.0+)?|\.0+)%?\s*\)$"
)
_EMPTY_CLIP = re.compile(r"rect\(\s*(0|1px)\w*[ ,]+(0|1px)\w*[ ,]+(0|1px)\w*[ ,]+(0|1px)\w*\s*\)")
_CLIPPED_AWAY = re.compile(r"inset\(\s*(50|100)%")


@dataclass(frozen=True)
class Visibility:
    """What the ancestors of a node decide about it.

    ``taken_out`` is the reason why the node is removed with all that it contains. The other values
    are inherited, and a descendant may set them back.
    """

    taken_out: Kind | None = None
    is_hidden: bool = False
    has_no_size: bool = False
    has_no_color: bool = False

    @property
    def is_text_unseen(self) -> bool:
        return self.is_hidden or self.has_no_size or self.has_no_color

    def inside(self, element: Element, style: Mapping[str, str], *, is_office: bool) -> Visibility:
        """Return the visibility of an element's content; ``style`` are all its declarations."""
        if self.taken_out:
            return self
        if kind := _reason(element, style, is_office=is_office):
            return Visibility(taken_out=kind)
        if not style:
            return self
        changed = self
        visibility = style.get("visibility", "inherit")
        if visibility in {"hidden", "collapse", "visible"}:
            changed = replace(changed, is_hidden=visibility != "visible")
        size = style.get("font-size", "inherit")
        if not _RELATIVE.match(size) or _ZERO.match(size):
            changed = replace(changed, has_no_size=bool(_ZERO.match(size)))
        color = style.get("-webkit-text-fill-color") or style.get("color", "inherit")
        if color != "inherit":
            changed = replace(changed, has_no_color=bool(_INVISIBLE_COLOR.match(color)))
        return changed


def is_hidden_box(element: Element, style: Mapping[str, str]) -> bool:
    """Return whether an element's whole box is not shown: of a row, a column, a cell or another."""
    if "hidden" in element.attrs or style.get("display") == "none":
        return True
    if style.get("mso-hide") == "all":
        return True
    if element.tag in {"tr", "col", "colgroup", "tbody", "thead", "tfoot"}:
        extent = "height" if element.tag == "tr" else "width"
        value = style.get(extent) or element.attrs.get(extent, "")
        return style.get("visibility") in {"collapse", "hidden"} or bool(_ZERO.match(value))
    return _is_without_area(style)


def _reason(element: Element, style: Mapping[str, str], *, is_office: bool) -> Kind | None:
    if element.tag in _DELETED_TAGS or any(map(_DELETED_CLASS.fullmatch, element.classes)):
        return Kind.DELETED
    if _is_comment(element, style):
        return Kind.COMMENT
    # Office programs write tracked deletions as struck-out text, which looks like a format.
    if is_office and (element.tag in _STRUCK_TAGS or _is_struck_out(style)):
        return Kind.DELETED
    return Kind.HIDDEN if is_hidden_box(element, style) else None


def _is_comment(element: Element, style: Mapping[str, str]) -> bool:
    return (
        element.tag in _COMMENT_TAGS
        or any(map(_COMMENT_CLASS.fullmatch, element.classes))
        or style.get("mso-element", "").startswith("comment")
        or style.get("mso-special-character") == "comment"
        or (element.tag == "a" and bool(_COMMENT_LINK.match(element.attrs.get("href", ""))))
    )


def _is_struck_out(style: Mapping[str, str]) -> bool:
    line = f"{style.get('text-decoration', '')} {style.get('text-decoration-line', '')}"
    return "line-through" in line or "text-line-through" in style


def _is_without_area(style: Mapping[str, str]) -> bool:
    """Return whether a box shows nothing: no opacity, no area, clipped away or off the screen."""
    if not style:
        return False
    if "opacity" in style and _ZERO.match(style["opacity"]):
        return True
    if _OFF_SCREEN.match(style.get("text-indent", "")):
        return True
    if style.get("position") in {"absolute", "fixed"}:
        sides = (style.get(side, "") for side in ("left", "top", "right", "bottom"))
        if any(map(_OFF_SCREEN.match, sides)) or _EMPTY_CLIP.match(style.get("clip", "")):
            return True
    if _CLIPPED_AWAY.match(style.get("clip-path", "")):
        return True
    overflow = style.get("overflow", "") + style.get("overflow-x", "") + style.get("overflow-y", "")
    names = ("height", "max-height", "width", "max-width")
    lengths = [style[name] for name in names if name in style]
    return ("hidden" in overflow or "clip" in overflow) and any(
        _ZERO.match(each) or _TINY.match(each) for each in lengths
    )
