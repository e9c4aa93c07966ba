"""The renderer of matched blocks as HTML; ``ins``, ``del`` and ``span`` mark the differences.

All text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .matcher import BlockPair, Step, match
from .reader import Block, Word

#: Number of unchanged paragraphs that stay visible before and after a change.
CONTEXT_PARAGRAPHS = 1


@dataclass(frozen=True)
class Change:
    """The differences in one field: the old and the new value with marks, and both merged."""

    label: str
    before: SafeString
    after: SafeString
    inline: SafeString


def render_change(label: str, old: list[Block], new: list[Block]) -> Change:
    """Compare two values of a field that differ; render the old, the new and the merged view."""
    pairs = match(old, new)
    if all(pair.is_unchanged for pair in pairs):
        # The values differ although words and formats are equal, for example in an image's size.
        note = _("(The layout differs.)")
        pairs.append(BlockPair(None, Block("p", [Word(note)])))
    return Change(
        label,
        _render(pairs, show_old=True, show_new=False),
        _render(pairs, show_old=False, show_new=True),
        _render(pairs, show_old=True, show_new=True),
    )


def _render(pairs: list[BlockPair], *, show_old: bool, show_new: bool) -> SafeString:
    paragraphs: list[SafeString] = []
    for is_unchanged, run in groupby(pairs, key=lambda pair: pair.is_unchanged):
        rendered = [html for pair in run if (html := _paragraph(pair, show_old, show_new))]
        paragraphs += _folded(rendered) if is_unchanged else rendered
    return _joined(paragraphs)


def _folded(paragraphs: list[SafeString]) -> list[SafeString]:
    """Hide the middle of a run of unchanged paragraphs in a ``details`` element."""
    hidden = len(paragraphs) - 2 * CONTEXT_PARAGRAPHS
    if hidden <= 1:
        return paragraphs
    text = ngettext("%(count)s paragraph unchanged", "%(count)s paragraphs unchanged", hidden)
    fold = format_html(
        '<details class="diff-fold"><summary>{}</summary>{}</details>',
        text % {"count": hidden},
        _joined(paragraphs[CONTEXT_PARAGRAPHS:-CONTEXT_PARAGRAPHS]),
    )
    return [*paragraphs[:CONTEXT_PARAGRAPHS], fold, *paragraphs[-CONTEXT_PARAGRAPHS:]]


def _paragraph(pair: BlockPair, show_old: bool, show_new: bool) -> SafeString | None:
    """Render one paragraph with its marks, or return None if this view does not show it."""
    old, new = pair.old, pair.new
    if old is not None and new is not None:
        content = _changed_words(old.words, new.words, pair.steps, show_old, show_new)
    elif new is not None and show_new:
        content = _mark("ins", new.words)
    elif old is not None and show_old:
        content = _mark("del", old.words)
    else:
        return None
    tags = list(dict.fromkeys(block.tag for block in (old, new) if block is not None))
    css = "diff-block" if len(tags) == 1 else "diff-block diff-retagged"
    html = '<div class="{}" data-tag="{}">{}</div>'
    return format_html(html, css, " → ".join(tags), content)


def _changed_words(
    old: list[Word], new: list[Word], steps: Iterable[Step], show_old: bool, show_new: bool
) -> SafeString:
    pieces = []
    for kind, i1, i2, j1, j2 in steps:
        if kind == "equal":
            pieces.append(_equal_words(old[i1:i2], new[j1:j2]))
            continue
        if show_old and i1 < i2:
            pieces.append(_mark("del", old[i1:i2]))
        if show_new and j1 < j2:
            pieces.append(_mark("ins", new[j1:j2]))
    return _joined(pieces)


def _equal_words(old: list[Word], new: list[Word]) -> SafeString:
    """Render equal words; mark runs whose formats differ as a change of format."""
    pieces = []
    start = 0
    while start < len(old):
        formats = old[start].formats, new[start].formats
        end = start
        while end < len(old) and (old[end].formats, new[end].formats) == formats:
            end += 1
        text = "".join(word.text for word in old[start:end])
        if formats[0] == formats[1]:
            pieces.append(format_html("{}", text))
        else:
            was, now = (", ".join(sorted(side)) or _("plain") for side in formats)
            title = _("Format: %(was)s → %(now)s") % {"was": was, "now": now}
            pieces.append(
                format_html('<span class="diff-format" title="{}">{}</span>', title, text)
            )
        start = end
    return _joined(pieces)


def _mark(tag: str, words: list[Word]) -> SafeString:
    text = "".join(word.text for word in words) or "—"
    if tag == "ins":
        return format_html("<ins>{}</ins>", text)
    return format_html("<del>{}</del>", text)


def _joined(pieces: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((piece,) for piece in pieces))
