"""What changed between two contents, for people: words, formats, pictures, attached rows.

Chinese has no spaces, so a change is found character by character (Latin words and numbers stay
whole), inside the paragraphs that belong together. The result is HTML made of ``ins``, ``del`` and
``span`` only; every piece of text in it is escaped here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html.parser import HTMLParser
from itertools import accumulate, groupby, pairwise
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.library.models import Attachment, Image
from portal.library.richtext import RichTextField

from . import content as contents

if TYPE_CHECKING:
    from .models import Publishable

WORD = re.compile(r"[A-Za-z0-9_.%+-]+|\s+|.", re.DOTALL)
#: How many unchanged paragraphs stand on each side of a change.
AROUND = 1
BLOCKS = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "td",
        "th",
        "caption",
        "figcaption",
        "blockquote",
        "pre",
        "hr",
        "figure",
        "div",
    ]
)
LISTS = frozenset(["ul", "ol"])
FORMATS = frozenset(
    ["strong", "b", "em", "i", "u", "s", "sub", "sup", "a", "mark", "small", "code", "span"]
)


@dataclass(frozen=True)
class Token:
    """A word or a picture, with the formats it stands in."""

    text: str
    formats: frozenset[str] = frozenset()
    picture: bool = False

    @property
    def key(self) -> tuple[str, bool]:
        return self.text, self.picture


@dataclass
class Block:
    """A paragraph, heading, list item or table cell."""

    tag: str
    tokens: list[Token] = field(default_factory=list)

    @property
    def key(self) -> tuple:
        return self.tag, tuple(self.tokens)

    @property
    def is_cell(self) -> bool:
        return self.tag[:2] in {"td", "th"}


@dataclass(frozen=True)
class Change:
    """One field that differs: both sides with their own marks, and the two in one."""

    label: str
    before: SafeString
    after: SafeString
    inline: SafeString


class _Reader(HTMLParser):
    """Reads sanitised HTML into blocks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = [Block("p")]
        self.formats: list[str] = []
        self.lists: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "img":
            name = _("[picture %(id)s: %(alt)s]") % {
                "id": values.get("data-image", ""),
                "alt": values.get("alt", ""),
            }
            looks = frozenset([*self.formats, *values.get("class", "").split()])
            self.blocks[-1].tokens.append(Token(name, looks, picture=True))
        elif tag == "br":
            self.blocks[-1].tokens.append(Token("↵"))
        elif tag in LISTS:
            self.lists.append(" ".join([tag, *(f"{k}={v}" for k, v in sorted(values.items()))]))
        elif tag in BLOCKS:
            above = self.lists[-1:] if tag == "li" else []
            rest = [f"{name}={value}" for name, value in sorted(values.items()) if value]
            self.blocks.append(Block(" ".join([*above, tag, *rest])))
        elif tag in FORMATS:
            self.formats.append(f"{tag} {values['href']}" if values.get("href") else tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in LISTS:
            del self.lists[-1:]
        elif tag in BLOCKS:
            self.blocks.append(Block("p"))
        elif tag in FORMATS:
            for index in range(len(self.formats) - 1, -1, -1):
                if self.formats[index].split(" ")[0] == tag:
                    del self.formats[index]
                    break

    def handle_data(self, data: str) -> None:
        formats = frozenset(self.formats)
        self.blocks[-1].tokens += [Token(word, formats) for word in WORD.findall(data)]


def read_rich(html: str) -> list[Block]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [
        block
        for block in reader.blocks
        if block.tag == "hr" or any(token.picture or token.text.strip() for token in block.tokens)
    ]


def read_plain(text: str) -> list[Block]:
    return [Block("p", [Token(w) for w in WORD.findall(line)]) for line in text.split("\n") if line]


def changes(
    model: type[Publishable], before: dict[str, Any], after: dict[str, Any]
) -> list[Change]:
    """Every field that differs between two contents, in the order of the form."""
    before, after = contents.upgrade_content(model, before), contents.upgrade_content(model, after)
    found = []
    for name in model.content_fields:
        old, new = before["fields"][name], after["fields"][name]
        if old == new:
            continue
        db_field = contents.column(model, name)
        if isinstance(db_field, RichTextField):
            sides = read_rich(old or ""), read_rich(new or "")
        else:
            sides = (
                read_plain(contents.display_value(db_field, old)),
                read_plain(contents.display_value(db_field, new)),
            )
        found.append(_change(capfirst(str(db_field.verbose_name)), *sides))
    for part, label, read in (
        ("pictures", _("Pictures"), _picture_lines),
        ("files", _("Attachments"), _file_lines),
        ("references", _("References"), _reference_lines),
    ):
        if before[part] != after[part]:
            found.append(_change(label, read(before[part]), read(after[part])))
    return found


def _picture_lines(rows: list[dict]) -> list[Block]:
    names = {
        pk: str(image) for pk, image in Image.objects.in_bulk([r["image"] for r in rows]).items()
    }
    lines = []
    for row in rows:
        line = _(
            "%(name)s (no. %(id)s) | alternative text: %(alt)s | caption: %(caption)s | "
            "credit: %(credit)s | focal point: %(x)s, %(y)s"
        ) % {
            "name": names.get(row["image"], "?"),
            "id": row["image"],
            "alt": row["alt"],
            "caption": row["caption"],
            "credit": row["credit"],
            "x": row["focal_x"],
            "y": row["focal_y"],
        }
        lines += read_plain(line)
    return lines


def _file_lines(rows: list[dict]) -> list[Block]:
    found = Attachment.objects.in_bulk([row["attachment"] for row in rows])
    return [
        block
        for row in rows
        for block in read_plain(f"{row['title']} | {found.get(row['attachment'], '?')}")
    ]


def _reference_lines(rows: list[dict]) -> list[Block]:
    lines = []
    for row in rows:
        content_type, pk = contents.reference_target(row)
        model = content_type.model_class()
        target = model._default_manager.filter(pk=pk).first() if model else None
        lines += read_plain(f"{row['role']}: {target or '?'} ({row['type']} {pk})")
    return lines


# --- comparing ---------------------------------------------------------------------------------

#: How many pairs of equal words one field's comparison may look at: a fraction of a second. What
#: would cost more (a hundred thousand characters written anew) is shown as replaced, whole.
EFFORT = 1_000_000
#: From this many words on, two paragraphs are compared by sentences first.
LONG = 4_000
#: How many of the old blocks are tried for one new one.
REACH = 40
#: The share of neighbouring words that two versions of one paragraph have in common, at least.
ALIKE = 0.3

SENTENCE_ENDS = frozenset("。！？；!?;\n↵")

#: equal | replace, and the two ranges; as ``difflib`` says it.
Step = tuple[str, int, int, int, int]


class _Effort:
    """What is left of EFFORT."""

    def __init__(self) -> None:
        self.left = EFFORT

    def afford(self, price: int) -> bool:
        if price > self.left:
            return False
        self.left -= price
        return True


@dataclass(frozen=True)
class _Pair:
    """Blocks that belong together (one may be missing), and the steps between their words."""

    old: Block | None
    new: Block | None
    steps: tuple[Step, ...] = ()

    @property
    def untouched(self) -> bool:
        return self.old is not None and self.new is not None and self.old.key == self.new.key


def _change(label: str, old: list[Block], new: list[Block]) -> Change:
    effort = _Effort()
    pairs = [
        _Pair(one, two, tuple(_word_steps(one.tokens, two.tokens, effort)) if one and two else ())
        for one, two in _pair(old, new, effort)
    ]
    if all(pair.untouched for pair in pairs):
        # Words and formats are the same, and yet the fields differ: the size of a picture, say.
        note = _("(The layout differs.)")
        pairs.append(_Pair(None, Block("p", [Token(note)])))
    return Change(
        label,
        _render(pairs, show_old=True, show_new=False),
        _render(pairs, show_old=False, show_new=True),
        _render(pairs, show_old=True, show_new=True),
    )


def _numbered(old: Iterable[Hashable], new: Iterable[Hashable]) -> tuple[list[int], list[int]]:
    """The same numbers for the same values: quick to compare, however long the values are."""
    numbers: dict[Hashable, int] = {}
    one, two = ([numbers.setdefault(value, len(numbers)) for value in side] for side in (old, new))
    return one, two


def _steps(old: list[int], new: list[int], effort: _Effort) -> Iterator[Step]:
    """How to get from one sequence to the other."""
    i = j = 0
    for i_match, j_match, size in [*_matches(old, new, effort), (len(old), len(new), 0)]:
        if i < i_match or j < j_match:
            yield "replace", i, i_match, j, j_match
        i, j = i_match + size, j_match + size
        if size:
            yield "equal", i_match, i, j_match, j


def _matches(old: list[int], new: list[int], effort: _Effort) -> list[tuple[int, int, int]]:
    """The longest runs that both have, in order, as (start, start, length).

    ``SequenceMatcher`` finds each run; how many it looks for is bounded here.
    """
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    places = Counter(new)
    price = list(accumulate((1 + places[value] for value in old), initial=0))
    found = [(0, 0, head)] if head else []
    ranges = [(head, len(old) - tail, head, len(new) - tail)]
    while ranges:
        i1, i2, j1, j2 = ranges.pop()
        if i1 == i2 or j1 == j2 or not effort.afford(price[i2] - price[i1]):
            continue
        i, j, size = matcher.find_longest_match(i1, i2, j1, j2)
        if size:
            found.append((i, j, size))
            ranges += [(i1, i, j1, j), (i + size, i2, j + size, j2)]
    if tail:
        found.append((len(old) - tail, len(new) - tail, tail))
    return sorted(found)


def _pair(
    old: list[Block], new: list[Block], effort: _Effort
) -> Iterator[tuple[Block | None, Block | None]]:
    """Put the blocks that belong together side by side."""
    keys = _numbered((block.key for block in old), (block.key for block in new))
    for mark, i1, i2, j1, j2 in _steps(*keys, effort):
        if mark == "equal":
            yield from zip(old[i1:i2], new[j1:j2], strict=True)
        else:
            yield from _pair_replaced(old[i1:i2], new[j1:j2])


def _pair_replaced(
    old: list[Block], new: list[Block]
) -> Iterator[tuple[Block | None, Block | None]]:
    """Within a changed run, a new block goes with the next old one that is like it.

    Cells keep their places: as many as before belong together, whatever stands in them.
    """
    if [block.is_cell for block in old] == [block.is_cell for block in new] == [True] * len(old):
        yield from zip(old, new, strict=True)
        return
    signs = [_sign(block) for block in old]
    done = 0
    put_in: list[Block] = []
    for block in new:
        sign = _sign(block)
        reach = range(done, min(done + REACH, len(old)))
        place = next((i for i in reach if _alike(signs[i], sign)), None)
        if place is None:
            put_in.append(block)
            continue
        yield from ((other, None) for other in old[done:place])
        yield from ((None, other) for other in put_in)
        yield old[place], block
        done, put_in = place + 1, []
    yield from ((other, None) for other in old[done:])
    yield from ((None, other) for other in put_in)


def _sign(block: Block) -> Counter:
    """Its neighbouring words, by which a paragraph is known again."""
    return Counter(pairwise([None, *(token.key for token in block.tokens), None]))


def _alike(one: Counter, two: Counter) -> bool:
    return 2 * (one & two).total() > ALIKE * (one.total() + two.total())


def _word_steps(old: list[Token], new: list[Token], effort: _Effort) -> Iterator[Step]:
    """The steps between the words of two blocks; by sentences first where they are long."""
    words = _numbered((token.key for token in old), (token.key for token in new))
    if len(old) + len(new) <= LONG:
        yield from _steps(*words, effort)
        return
    cuts = _cuts(old), _cuts(new)
    sentences = _numbered(
        (tuple(words[0][a:b]) for a, b in pairwise(cuts[0])),
        (tuple(words[1][a:b]) for a, b in pairwise(cuts[1])),
    )
    for mark, *ends in _steps(*sentences, effort):
        i1, i2, j1, j2 = cuts[0][ends[0]], cuts[0][ends[1]], cuts[1][ends[2]], cuts[1][ends[3]]
        if mark == "equal":
            yield mark, i1, i2, j1, j2
            continue
        for inner, a1, a2, b1, b2 in _steps(words[0][i1:i2], words[1][j1:j2], effort):
            yield inner, i1 + a1, i1 + a2, j1 + b1, j1 + b2


def _cuts(tokens: list[Token]) -> list[int]:
    """Where sentences begin, both ends of the text included."""
    ends = (i + 1 for i, token in enumerate(tokens) if token.text in SENTENCE_ENDS)
    return sorted({0, *ends, len(tokens)})


def _render(pairs: list[_Pair], *, show_old: bool, show_new: bool) -> SafeString:
    lines: list[SafeString] = []
    for untouched, run in groupby(pairs, key=lambda pair: pair.untouched):
        shown = [line for pair in run if (line := _line(pair, show_old, show_new))]
        lines += _folded(shown) if untouched else shown
    return format_html_join("", "{}", ((line,) for line in lines))


def _folded(lines: list[SafeString]) -> list[SafeString]:
    """A stretch in which nothing changed: its ends; what lies between opens on a click."""
    between = len(lines) - 2 * AROUND
    if between <= 1:
        return lines
    text = ngettext("%(count)s paragraph unchanged", "%(count)s paragraphs unchanged", between)
    fold = format_html(
        '<details class="diff-fold"><summary>{}</summary>{}</details>',
        text % {"count": between},
        format_html_join("", "{}", ((line,) for line in lines[AROUND:-AROUND])),
    )
    return [*lines[:AROUND], fold, *lines[-AROUND:]]


def _line(pair: _Pair, show_old: bool, show_new: bool) -> SafeString | None:
    """One paragraph with its marks; None where only the other side has it."""
    old, new = pair.old, pair.new
    if old is not None and new is not None:
        marked = _inside(old.tokens, new.tokens, pair.steps, show_old, show_new)
    elif new is not None and show_new:
        marked = _mark("ins", new.tokens)
    elif old is not None and show_old:
        marked = _mark("del", old.tokens)
    else:
        return None
    tags = list(dict.fromkeys(block.tag for block in (old, new) if block is not None))
    css = "diff-block" if len(tags) == 1 else "diff-block diff-retagged"
    line = '<div class="{}" data-tag="{}">{}</div>'
    return format_html(line, css, " → ".join(tags), marked)


def _inside(
    old: list[Token], new: list[Token], steps: Iterable[Step], show_old: bool, show_new: bool
) -> SafeString:
    pieces = []
    for mark, i1, i2, j1, j2 in steps:
        if mark == "equal":
            pieces.append(_equal(old[i1:i2], new[j1:j2]))
            continue
        if show_old and i1 < i2:
            pieces.append(_mark("del", old[i1:i2]))
        if show_new and j1 < j2:
            pieces.append(_mark("ins", new[j1:j2]))
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def _equal(old: list[Token], new: list[Token]) -> SafeString:
    """The same words; where their formats differ, that is what is marked."""
    pieces = []
    start = 0
    while start < len(old):
        change = old[start].formats, new[start].formats
        end = start
        while end < len(old) and (old[end].formats, new[end].formats) == change:
            end += 1
        text = "".join(token.text for token in old[start:end])
        if change[0] == change[1]:
            pieces.append(format_html("{}", text))
        else:
            was, now = (", ".join(sorted(side)) or _("plain") for side in change)
            title = _("Format: %(was)s → %(now)s") % {"was": was, "now": now}
            pieces.append(
                format_html('<span class="diff-format" title="{}">{}</span>', title, text)
            )
        start = end
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def _mark(tag: str, tokens: list[Token]) -> SafeString:
    text = "".join(token.text for token in tokens) or "—"
    if tag == "ins":
        return format_html("<ins>{}</ins>", text)
    return format_html("<del>{}</del>", text)
