"""Whatever somebody typed, pasted or imported, brought into the one form that is stored.

nh3 (a browser-grade parser) reads the input and keeps what can be of use; the tree of what is left
is put into canonical form; nh3 judges the result by the strict list. What the strict list does not
name is never stored, whatever happens in between. Canonical form:

- blocks: p h2 h3 h4 ul ol blockquote table figure hr; no text outside them
- alignment, indent and size as classes of a fixed list; no style attribute
- a picture is ``<img data-image="NUMBER" alt="...">`` without an address, in a paragraph or, with a
  caption, in ``<figure class="image">``
- links to http, https, mailto and paths of this site
- words quoted from a record of the house: ``<span data-quote="court.observation:12">``
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import nh3

from portal.library import links
from portal.library.blocks import (
    BLANKS,
    BLOCKS,
    INLINE,
    LISTS,
    TEXT_BLOCKS,
    flowed,
    inline_only,
    is_something,
    merged,
    trimmed,
)
from portal.library.markup import Element, Node, parse, words, write
from portal.library.models import Image
from portal.library.styles import (
    ALIGNMENTS,
    INDENTS,
    WIDTHS,
    classes_of,
    one_of_each,
    set_classes,
    style_of,
)
from portal.library.wordlists import LIST_ITEM, list_item

_HEADINGS = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}
_FORMATS = {
    "b": "strong",
    "strong": "strong",
    "i": "em",
    "em": "em",
    "u": "u",
    "s": "s",
    "strike": "s",
    "del": "s",
    "sub": "sub",
    "sup": "sup",
}
_CONTAINERS = words(
    "div section article header footer main aside nav address center dl dt dd li "
    "details summary pre"
)

# Read: everything the transformation can make something of.
_READ_TAGS = (
    {*_HEADINGS, *_FORMATS, *_CONTAINERS, *LISTS}
    | words("p blockquote figure figcaption picture a img br hr span font")
    | words("table caption thead tbody tfoot tr th td")
)
_READ_ATTRIBUTES = {
    "*": {"style", "class", "align"},
    "a": {"href", "title"},
    "span": {"data-quote"},
    "img": {"src", "data-image", "alt", "width"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_DROPPED_WHOLE = words(
    "script style xml title head noscript template svg math iframe object embed "
    "audio video canvas textarea select button noembed noframes"
)

# Stored: this and nothing else.
_TAGS = (
    {*TEXT_BLOCKS, *LISTS, *INLINE}
    | {"blockquote", "figure", "figcaption", "img", "br", "hr", "li"}
    | words("table caption thead tbody tfoot tr th td")
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "span": {"data-quote"},
    "img": {"data-image", "alt"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_FIXED_VALUES = {"a": {"rel": {"noopener"}}, "th": {"scope": {"row", "col"}}}
_CLASSES = {
    **{tag: {*ALIGNMENTS, *INDENTS} for tag in TEXT_BLOCKS},
    **{tag: set(ALIGNMENTS) for tag in ("li", "td", "th")},
    "figure": {"image", *ALIGNMENTS[:3], *WIDTHS},
    "img": {"align-left", "align-right", *WIDTHS},
}
_SCHEMES = {"http", "https", "mailto"}

# Once brings the form, the second time finds nothing to do; a few more for what hides in what.
_ROUNDS = 8

_MAX_OPEN = 500
_CLOSED_BY_THEMSELVES = words(
    "p li dt dd tr td th thead tbody tfoot option br hr img col input wbr meta link source"
)
_OPENING = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:]*)")
_TAG = re.compile(r"<[^<>]*>")

_CHINESE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_BROKEN_CHINESE_LINE = re.compile(rf"(?<=[{_CHINESE}])[ \t\r]*\n[ \t\r\n]*(?=[{_CHINESE}])")
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\ufffe\uffff]")
_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f-\x9f\u200b\u2028\u2029\ufeff]")
_HEADING_CLASS = re.compile(r"(?:Mso)?Heading\s*([1-6])$", re.IGNORECASE)
_QUOTED = re.compile(r"[a-z]+\.[a-z]+:[1-9][0-9]{0,17}")
_PICTURE_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


def clean(html: str) -> str:
    """Return the canonical form. Cleaning what is clean changes nothing."""
    if _is_abyss(html):
        html = _TAG.sub(" ", html)
    for _round in range(_ROUNDS):
        cleaned = _once(html)
        if cleaned == html:
            break
        html = cleaned
    return html


def _is_abyss(html: str) -> bool:
    """Whether boxes lie in boxes without end. Parsers take the square of the depth to climb out."""
    depth = 0
    for slash, tag in _OPENING.findall(html):
        if tag.lower() in _CLOSED_BY_THEMSELVES:
            continue
        depth = max(0, depth - 1) if slash else depth + 1
        if depth > _MAX_OPEN:
            return True
    return False


def _once(html: str) -> str:
    read = nh3.clean(
        _INVISIBLE.sub("", html),
        tags=_READ_TAGS,
        clean_content_tags=_DROPPED_WHOLE,
        attributes=_READ_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel=None,
    )
    body = flowed(_converted(parse(read).children, frozenset()))
    text = "\n".join(write([block]) for block in body)
    return nh3.clean(
        text,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        tag_attribute_values=_FIXED_VALUES,
        allowed_classes=_CLASSES,
        url_schemes=_SCHEMES,
        link_rel=None,
    )


# --- from whatever came to our own elements ------------------------------------------------------


def _converted(nodes: Iterable[Node], formats: frozenset[str]) -> list[Node]:
    """Convert nodes, each to any number of blocks and texts; ``formats`` are around them."""
    made: list[Node] = []
    for node in nodes:
        if isinstance(node, Element):
            made += _convert(node, formats)
        elif isinstance(node, str) and (text := BLANKS.sub(" ", _joined_lines(node))):
            made.append(text)
    return merged(made)


def _convert(node: Element, formats: frozenset[str]) -> list[Node]:
    tag = node.tag
    if tag == "img":
        return _picture(node)
    if tag in {"br", "hr"}:
        return [Element(tag)]
    if tag in {"p", *_HEADINGS}:
        return _paragraph(node, formats)
    if tag in LISTS:
        return _list(node, formats)
    if tag == "table":
        return _table(node, formats)
    if tag == "figure":
        return _figure(node, formats)
    if tag == "figcaption":
        return [Element("figcaption", {}, trimmed(inline_only(_converted(node.children, formats))))]
    if tag == "blockquote":
        inside = flowed(_converted(node.children, formats))
        return [Element("blockquote", {}, list(inside))] if inside else []
    if tag == "a":
        return _link(node, formats)
    if tag in _CONTAINERS:
        return _container(node, formats)
    if tag == "span" and _QUOTED.fullmatch(node.attrs.get("data-quote", "")):
        return _quote(node)
    return _formatted(node, formats)


def _paragraph(node: Element, formats: frozenset[str]) -> list[Node]:
    tag = _HEADINGS.get(node.tag) or _word_heading(node) or "p"
    marked, ordered = list_item(node)
    children = _converted(marked.children, formats)
    if ordered is not None and tag == "p":
        return [Element(LIST_ITEM, ordered, trimmed(inline_only(children)))]
    classes = classes_of(node, *_CLASSES["p"])
    return list(flowed(children, tag, classes))


def _word_heading(node: Element) -> str | None:
    """Word and WPS know headings by class or by level of outline, not always by the tag."""
    for name in node.classes:
        if match := _HEADING_CLASS.match(name):
            return _HEADINGS[f"h{match[1]}"]
    level = style_of(node).get("mso-outline-level", "")
    return _HEADINGS.get(f"h{level}")


def _container(node: Element, formats: frozenset[str]) -> list[Node]:
    """A box has no meaning of its own: what is in it stands for itself, aligned as the box was."""
    inside = flowed(_converted(node.children, formats))
    around = classes_of(node, *ALIGNMENTS)
    if node.tag == "center" and not around:
        around = ["align-center"]
    for block in inside:
        if around and block.tag in {*TEXT_BLOCKS, "figure"}:
            _align(block, around[0])
    return list(inside)


def _align(block: Element, alignment: str) -> None:
    if alignment in _CLASSES[block.tag] and not set(block.classes) & set(ALIGNMENTS):
        set_classes(block, [*block.classes, alignment])


def _formatted(node: Element, formats: frozenset[str]) -> list[Node]:
    """Bold and the like, by tag or by style; every other wrapper is taken away."""
    wanted = [each for each in _formats_of(node) if each not in formats]
    made = _converted(node.children, formats.union(wanted))
    for tag in reversed(wanted):
        made = _wrapped(Element(tag), made)
    return made


def _quote(node: Element) -> list[Node]:
    """Words taken from a record, with the record's name; a quote that says nothing is none."""
    words_ = BLANKS.sub(" ", node.text).strip()
    return [Element("span", {"data-quote": node.attrs["data-quote"]}, [words_])] if words_ else []


def _formats_of(node: Element) -> list[str]:
    style = style_of(node)
    weight = style.get("font-weight", "")
    line = style.get("text-decoration", "") + " " + style.get("text-decoration-line", "")
    found = {
        "strong": weight in {"bold", "bolder", "600", "700", "800", "900"},
        "em": style.get("font-style") in {"italic", "oblique"},
        "u": "underline" in line,
        "s": "line-through" in line,
        "sub": style.get("vertical-align") == "sub",
        "sup": style.get("vertical-align") == "super",
    }
    by_tag = _FORMATS.get(node.tag)
    # Some editors wrap all they copy in <b style="font-weight:normal">.
    if by_tag == "strong" and weight in {"normal", "400", "lighter"}:
        by_tag = None
    return [tag for tag, is_meant in found.items() if is_meant or tag == by_tag]


def _wrapped(wrapper: Element, nodes: list[Node]) -> list[Node]:
    """Put a wrapper around text; where there are blocks, inside each of them."""
    made: list[Node] = []
    run: list[Node] = []
    for node in [*nodes, None]:
        is_block = isinstance(node, Element) and node.tag in BLOCKS
        if node is not None and not is_block:
            run.append(node)
            continue
        if is_something(run):
            made.append(Element(wrapper.tag, dict(wrapper.attrs), run))
        else:
            made += run
        run = []
        if isinstance(node, Element):
            if node.tag in {*TEXT_BLOCKS, LIST_ITEM} and is_something(node.children):
                node.children = [Element(wrapper.tag, dict(wrapper.attrs), node.children)]
            made.append(node)
    return made


def _link(node: Element, formats: frozenset[str]) -> list[Node]:
    children = _converted(node.children, formats | {"a"})
    address = _address(node.attrs.get("href", ""))
    if address is None or "a" in formats:
        return children
    attrs = {"href": address}
    if title := node.attrs.get("title", "").strip():
        attrs["title"] = title
    if urlsplit(address).netloc:
        attrs["rel"] = "noopener"
    return _wrapped(Element("a", attrs), children)


def _address(href: str) -> str | None:
    """A link's address if it leads to the web, a mailbox or this site's pages; else None."""
    href = _IN_ADDRESS.sub("", href)
    try:
        parts = urlsplit(href)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme in {"http", "https"}:
        # A name before the host ("court.gov.cn@elsewhere") only ever deceives.
        return href if host and "@" not in parts.netloc and "\\" not in parts.netloc else None
    if parts.scheme == "mailto":
        return href if "@" in parts.path else None
    is_path = href.startswith("/") and not href.startswith(("//", "/\\"))
    return href if is_path and links.image_number(href) is None else None


# --- pictures ------------------------------------------------------------------------------------


def _picture(node: Element) -> list[Node]:
    number = _picture_number(node)
    if number is None:
        return []
    attrs = {"data-image": str(number), "alt": BLANKS.sub(" ", node.attrs.get("alt", "")).strip()}
    made = Element("img", attrs)
    set_classes(made, [*classes_of(node, "align-left", "align-right", *WIDTHS)])
    return [made]


def _picture_number(node: Element) -> int | None:
    """Which of the library's pictures this is. The address decides, where there is one: the
    editor's dialog changes the address and leaves the rest."""
    source = node.attrs.get("src", "").strip()
    if source:
        number = links.image_number(source)
        if number is None and (digest := links.public_digest(source)):
            found = Image.objects.filter(digest=digest).values_list("pk", flat=True).first()
            number = found
        return number or None
    text = node.attrs.get("data-image", "")
    return int(text) if _PICTURE_NUMBER.fullmatch(text) else None


def _figure(node: Element, formats: frozenset[str]) -> list[Node]:
    """A picture with its caption. Without a caption it is a picture in a paragraph."""
    inside = _converted(node.children, formats)
    captions = [e for e in inside if isinstance(e, Element) and e.tag == "figcaption"]
    rest = flowed([each for each in inside if each not in captions])
    picture = _lone_picture(rest[0]) if rest else None
    caption = next((each for each in captions if is_something(each.children)), None)
    others: list[Node] = [*rest[1:], *(each for each in captions if each is not caption)]
    if picture is None or caption is None:
        made = flowed([*rest, *captions])
        for block in made:
            if around := classes_of(node, *ALIGNMENTS[:3]):
                _dress(block, around)
        for block in made[:1]:
            _dress(block, classes_of(node, *WIDTHS))
        return list(made)
    image = picture if picture.tag == "img" else picture.children[0]
    assert isinstance(image, Element)  # noqa: S101  (says what _lone_picture has made sure of)
    classes = classes_of(node, *ALIGNMENTS[:3], *WIDTHS)
    classes += [each for each in [*image.classes, *rest[0].classes] if each not in classes]
    image.attrs.pop("class", None)
    figure = Element("figure", {}, [picture, caption])
    set_classes(figure, ["image", *one_of_each([c for c in classes if c in _CLASSES["figure"]])])
    return [figure, *flowed(others)]


def _lone_picture(block: Node) -> Element | None:
    """The picture, or link around a picture, that is all of a paragraph."""
    if not isinstance(block, Element) or block.tag != "p":
        return None
    children = [each for each in block.children if not (isinstance(each, str) and not each.strip())]
    if len(children) != 1 or not isinstance(children[0], Element):
        return None
    child = children[0]
    if child.tag == "img":
        return child
    inner = child.children
    only = inner[0] if len(inner) == 1 else None
    is_linked = child.tag == "a" and isinstance(only, Element) and only.tag == "img"
    return child if is_linked else None


def _dress(block: Element, classes: list[str]) -> None:
    """Give a paragraph that is a picture the classes its figure had."""
    picture = _lone_picture(block)
    if picture is None:
        return
    image = picture if picture.tag == "img" else picture.children[0]
    for name in classes:
        target = block if name == "align-center" else image
        if isinstance(target, Element):
            set_classes(target, one_of_each([*target.classes, name]))


# --- lists and tables ----------------------------------------------------------------------------


def _list(node: Element, formats: frozenset[str]) -> list[Node]:
    items: list[Node] = []
    for child in node.children:
        if isinstance(child, Element) and child.tag == "li":
            if item := _item(child, formats):
                items.append(item)
        elif isinstance(child, Element) and child.tag in LISTS:
            # A list right inside a list, as Word and old pages have it, belongs to the item before.
            inner = _list(child, formats)
            if items and isinstance(items[-1], Element):
                items[-1].children += inner
            else:
                items += [Element("li", {}, [each]) for each in inner]
        elif item := _item(Element("li", {}, [child]), formats):
            items.append(item)
    if not items:
        return []
    attrs = {}
    start = node.attrs.get("start", "")
    if node.tag == "ol" and re.fullmatch(r"[0-9]{1,4}", start) and int(start) != 1:
        attrs["start"] = str(int(start))
    return [Element(node.tag, attrs, items)]


def _item(node: Element, formats: frozenset[str]) -> Element | None:
    children, classes = _cell(node, formats)
    if not is_something(children):
        return None
    item = Element("li", {}, children)
    set_classes(item, classes)
    return item


def _cell(node: Element, formats: frozenset[str]) -> tuple[list[Node], list[str]]:
    """What is in a list item or table cell: plain text where one paragraph is all there is."""
    nodes = _converted(node.children, formats)
    classes = classes_of(node, *ALIGNMENTS)
    blocks = [each for each in nodes if isinstance(each, Element) and each.tag in BLOCKS]
    texts = [each for each in blocks if each.tag in {"p", "figcaption", LIST_ITEM}]
    if len(blocks) == len([each for each in blocks if each.tag in LISTS]):
        # Text, and perhaps lists below it.
        return trimmed(nodes), classes
    flow = flowed(nodes)
    paragraphs = [each for each in flow if each.tag == "p"]
    others = [each for each in flow if each.tag not in {"p", *LISTS}]
    if texts and len(paragraphs) == 1 and not others and flow[0] is paragraphs[0]:
        classes = classes or [name for name in flow[0].classes if name in ALIGNMENTS]
        return [*flow[0].children, *flow[1:]], classes
    return list(flow), classes


def _table(node: Element, formats: frozenset[str]) -> list[Node]:
    parts: list[Node] = []
    loose: list[Node] = []
    for child in node.children:
        if not isinstance(child, Element):
            continue
        if child.tag == "caption":
            text = trimmed(inline_only(_converted(child.children, formats)))
            if is_something(text):
                parts.append(Element("caption", {}, text))
        elif child.tag in {"thead", "tbody", "tfoot"}:
            if rows := _rows(child, formats):
                parts.append(Element(child.tag, {}, rows))
        elif child.tag == "tr":
            loose += _rows(Element("tbody", {}, [child]), formats)
    if loose:
        parts.append(Element("tbody", {}, loose))
    if not any(isinstance(part, Element) and part.tag != "caption" for part in parts):
        return []
    return [Element("table", {}, parts)]


def _rows(node: Element, formats: frozenset[str]) -> list[Node]:
    rows: list[Node] = []
    for row in node.children:
        if not isinstance(row, Element) or row.tag != "tr":
            continue
        cells: list[Node] = []
        for cell in row.children:
            if isinstance(cell, Element) and cell.tag in {"td", "th"}:
                cells.append(_table_cell(cell, formats))
        if cells:
            rows.append(Element("tr", {}, cells))
    return rows


def _table_cell(cell: Element, formats: frozenset[str]) -> Element:
    children, classes = _cell(cell, formats)
    attrs = {
        name: str(int(value))
        for name in ("colspan", "rowspan")
        if re.fullmatch(r"[0-9]{1,3}", value := cell.attrs.get(name, "")) and int(value) > 1
    }
    if cell.attrs.get("scope") in _FIXED_VALUES["th"]["scope"]:
        attrs["scope"] = cell.attrs["scope"]
    made = Element(cell.tag, attrs, children)
    set_classes(made, classes)
    return made


def _joined_lines(text: str) -> str:
    """Word breaks the lines of its HTML anywhere; between Chinese characters that is no space."""
    return _BROKEN_CHINESE_LINE.sub("", text)
