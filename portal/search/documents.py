"""What of an object is searched, by readers and at the desk."""

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

#: Raise it when texts are folded or cut another way: the index is then made anew (``rules``).
VERSION = 3
#: So many characters of a document are searched; those of attached files come last.
LENGTH = 1_000_000
#: Between what a text says, what it says in English, and what only finds it. No text has it.
SEAM = "\x1d"
#: So many bytes of tokens; PostgreSQL's tsvector holds 1,048,575. Prose of ``LENGTH`` has less.
TOKEN_BYTES = 900_000

# The bits of an ordinal: minutes since 1900, type, object. 63, so that it is never negative.
_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)
_MINUTE_BITS, _TYPE_BITS, _OBJECT_BITS = 27, 10, 26
#: The smallest ordinal of what has a date.
DATED = 1 << (_TYPE_BITS + _OBJECT_BITS)


@dataclass(frozen=True)
class Document:
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
        parts = (rules(), self.ordinal, self.day, self.title, self.text, self.facets)
        return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:32]


def rules() -> int:
    """The rules by which texts are folded and cut: ours, and Unicode's, which come with Python.

    FTS5 must be told a row's tokens to take it out, and they are cut anew: by other rules than
    they went in by, some would stay.
    """
    unicode = 0
    for part in unicodedata.unidata_version.split("."):
        unicode = unicode * 100 + int(part)
    return VERSION * 1_000_000 + unicode


def of(obj: Publishable, *, at: datetime | None = None) -> Document:
    """The document of an object as its columns and attached rows have it.

    ``at`` is what it is ordered by, where that is not for the object to say.
    """
    if obj._attached is not None:
        pictures, attachments = obj._attached["pictures"], obj._attached["files"]
    else:  # as they stand, whatever the instance has kept of them
        pictures = list(obj.picture_rows.select_related("image"))
        attachments = list(obj.file_rows.select_related("attachment"))
    said = obj.search_document()
    shown = [row for row in attachments if not row.attachment.hidden]
    own = [
        said.summary,
        said.body,
        *said.words,
        *_captions(pictures),
        *(row.title or row.attachment.name for row in shown),
        *file_texts.texts_of([row.attachment for row in shown]),
    ]
    parts = [
        clean("\n".join(filter(None, part))) for part in (own, said.english, said.hidden_terms)
    ]
    title = clean(said.title.replace("\n", " "))
    content_type_id = ContentType.objects.get_for_model(obj).pk
    facets = [
        tokens.ALL,
        tokens.kind(said.kind),
        tokens.content_type(content_type_id),
        *map(tokens.group, said.groups),
        *(tokens.file(row.attachment.digest) for row in shown),
    ]
    on = at or said.on
    place = ordinal(on, content_type_id, obj.pk)
    facets.append(tokens.span(span(place)))
    return Document(
        content_type_id=content_type_id,
        object_id=obj.pk,
        ordinal=place,
        day=timezone.localdate(on) if isinstance(on, datetime) else on,
        title=title,
        text=SEAM.join([parts[0][:LENGTH], *parts[1:]]).rstrip(SEAM),
        facets=" ".join(dict.fromkeys(facets)),
    )


def written(obj: Publishable, content: dict[str, Any]) -> Publishable:
    """The object with that content: in memory, for ``of``."""
    instance = type(obj)(state=obj.state, published_at=obj.published_at)
    instance.pk = obj.pk
    whole = contents.upgrade_content(type(obj), content)
    contents.set_columns(instance, whole)
    instance._attached = attached.unsaved_rows(whole)
    instance.set_derived_columns()
    return instance


def ordinal(on: date | datetime | None, content_type_id: int, object_id: int) -> int:
    """The place in the order of time that this object has and no other."""
    return (
        minute(on) << (_TYPE_BITS + _OBJECT_BITS)
        | content_type_id % (1 << _TYPE_BITS) << _OBJECT_BITS
        | object_id % (1 << _OBJECT_BITS)
    )


def since(on: date) -> int:
    """The smallest ordinal of that day."""
    return minute(on) << (_TYPE_BITS + _OBJECT_BITS)


def minute(on: date | datetime | None) -> int:
    """Minutes since 1900; nought for what is undated or older."""
    if on is None:
        return 0
    if not isinstance(on, datetime):
        if on.year <= _EPOCH.year:
            return 0
        on = timezone.make_aware(datetime.combine(on, time.min))
    minutes = int((on - _EPOCH).total_seconds() // 60)
    return min(max(minutes, 0), (1 << _MINUTE_BITS) - 1)


def span(place: int) -> int:
    """The number of the 32 days in which an ordinal lies."""
    return (place >> (_TYPE_BITS + _OBJECT_BITS)) // (32 * 24 * 60)


def tokens_of(folded_title: str, folded_text: str, facets: str) -> list[str]:
    """Every token of a row, facets first. What an index holds must be found again to be taken out
    of it, so this depends on the row alone."""
    found = facets.split() + tokens.in_title(sorted(tokens.of(folded_title)))
    size = sum(len(token.encode()) for token in found)
    for token in sorted(tokens.of(folded_text)):
        size += len(token.encode())
        if size > TOKEN_BYTES:
            break
        found.append(token)
    return found


def _captions(pictures: Iterable[AttachedPicture]) -> list[str]:
    return [row.caption for row in pictures if row.caption and not row.image.hidden]
