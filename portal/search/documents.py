"""Search documents: the title, text and facets of an object as the search indexes store them."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from portal.publishing import attached
from portal.publishing import content as contents
from portal.publishing.models import AttachedPicture, Publishable

from . import file_texts, tokens
from .folding import clean, fold

#: To be raised when the rules of folding or tokenizing change: the indexes are then rebuilt.
RULES_VERSION = 3
#: Maximum length of a document's text in characters. The texts of attached files are at its end,
#: so they are truncated first.
MAX_TEXT_LENGTH = 1_000_000
#: Separates the text, its English translation and the hidden terms. No text contains this sign.
SEPARATOR = "\x1d"
#: Maximum total length of a document's tokens in bytes: a tsvector of PostgreSQL stores at most
#: 1,048,575 bytes. The tokens of prose of ``MAX_TEXT_LENGTH`` characters are shorter.
MAX_TOKEN_BYTES = 900_000

# The bits of an ordinal: minutes since 1900, content type id, object id. They are 63 in all, so
# that a signed 64-bit ordinal is never negative.
_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)
_MINUTE_BITS, _TYPE_BITS, _OBJECT_BITS = 27, 10, 26
#: The smallest ordinal that a document with a date can have.
MIN_DATED_ORDINAL = 1 << (_TYPE_BITS + _OBJECT_BITS)


@dataclass(frozen=True)
class Document:
    """One row of a search index, before its texts are folded and tokenized."""

    content_type_id: int
    object_id: int
    ordinal: int
    day: date | None
    title: str
    text: str
    facets: str

    @property
    def folded_title(self) -> str:
        return fold(self.title)

    @property
    def folded_text(self) -> str:
        return fold(f"{self.title}\n{self.text}")

    @property
    def digest(self) -> str:
        parts = (rules_version(), self.ordinal, self.day, self.title, self.text, self.facets)
        return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:32]


def rules_version() -> int:
    """Return one number for the project's rules of folding and tokenizing and Unicode's version.

    To delete a row, FTS5 (SQLite) needs the row's tokens, which are computed again. If the rules
    have changed since the row was inserted, some tokens remain. A new Python may have new tables
    of Unicode.
    """
    unicode = 0
    for part in unicodedata.unidata_version.split("."):
        unicode = unicode * 100 + int(part)
    return RULES_VERSION * 1_000_000 + unicode


def build_document(obj: Publishable, *, at: datetime | None = None) -> Document:
    """Return the search document of an object, from its columns and its attached rows.

    Hits are ordered by the time ``at``, or by the object's own date if ``at`` is None.
    """
    if obj._attached is not None:
        pictures, attachments = obj._attached["pictures"], obj._attached["files"]
    else:  # query the database: the instance may have cached older rows
        pictures = list(obj.picture_rows.select_related("image"))
        attachments = list(obj.file_rows.select_related("attachment"))
    source = obj.search_document()
    visible = [row for row in attachments if not row.attachment.is_withdrawn]
    own_texts = [
        source.summary,
        source.body,
        *source.words,
        *_captions(pictures),
        *(row.shown_title for row in visible),
        *file_texts.get_texts([row.attachment for row in visible]),
    ]
    parts = [
        clean("\n".join(filter(None, part)))
        for part in (own_texts, source.english, source.hidden_terms)
    ]
    content_type_id = ContentType.objects.get_for_model(obj).pk
    date_or_time = at or source.on
    own_ordinal = ordinal(date_or_time, content_type_id, obj.pk)
    facets = [
        tokens.ALL,
        tokens.kind_token(source.kind),
        tokens.content_type_token(content_type_id),
        *map(tokens.group_token, source.groups),
        *(tokens.file_token(row.attachment.digest) for row in visible),
        tokens.span_token(time_span(own_ordinal)),
    ]
    day = date_or_time
    if isinstance(date_or_time, datetime):
        day = timezone.localdate(date_or_time)
    return Document(
        content_type_id=content_type_id,
        object_id=obj.pk,
        ordinal=own_ordinal,
        day=day,
        title=clean(source.title.replace("\n", " ")),
        text=SEPARATOR.join([parts[0][:MAX_TEXT_LENGTH], *parts[1:]]).rstrip(SEPARATOR),
        facets=" ".join(dict.fromkeys(facets)),
    )


def with_content(obj: Publishable, content: dict[str, Any]) -> Publishable:
    """Return an unsaved instance with the object's id and this content, for ``build_document``."""
    instance = type(obj)(state=obj.state, published_at=obj.published_at)
    instance.pk = obj.pk
    upgraded = contents.upgrade_content(type(obj), content)
    contents.set_columns(instance, upgraded)
    instance._attached = attached.unsaved_rows(upgraded)
    instance.set_derived_columns()
    return instance


def ordinal(at: date | datetime | None, content_type_id: int, object_id: int) -> int:
    """Return the object's unique sort key: by time, then by content type id and object id."""
    return (
        minutes_since_1900(at) << (_TYPE_BITS + _OBJECT_BITS)
        | content_type_id % (1 << _TYPE_BITS) << _OBJECT_BITS
        | object_id % (1 << _OBJECT_BITS)
    )


def first_ordinal(day: date) -> int:
    """Return the smallest ordinal that an object of this day can have."""
    return minutes_since_1900(day) << (_TYPE_BITS + _OBJECT_BITS)


def minutes_since_1900(at: date | datetime | None) -> int:
    """Return the whole minutes from 1900 until ``at``; 0 if ``at`` is None or before 1900."""
    if at is None:
        return 0
    if not isinstance(at, datetime):
        if at.year <= _EPOCH.year:
            return 0
        at = timezone.make_aware(datetime.combine(at, time.min))
    minutes = int((at - _EPOCH).total_seconds() // 60)
    return min(max(minutes, 0), (1 << _MINUTE_BITS) - 1)


def time_span(ordinal: int) -> int:
    """Return the number of the 32-day span, counted from 1900, that contains the ordinal's time."""
    return (ordinal >> (_TYPE_BITS + _OBJECT_BITS)) // (32 * 24 * 60)


def row_tokens(folded_title: str, folded_text: str, facets: str) -> list[str]:
    """Return all tokens of an index row, its facets first.

    The tokens depend on the row's columns alone: FTS5 needs exactly the same tokens again to
    delete the row.
    """
    found = facets.split() + tokens.title_tokens(sorted(tokens.tokenize(folded_title)))
    size = sum(len(token.encode()) for token in found)
    for token in sorted(tokens.tokenize(folded_text)):
        size += len(token.encode())
        if size > MAX_TOKEN_BYTES:
            break
        found.append(token)
    return found


def _captions(pictures: Iterable[AttachedPicture]) -> list[str]:
    return [row.caption for row in pictures if row.caption and not row.image.is_withdrawn]
