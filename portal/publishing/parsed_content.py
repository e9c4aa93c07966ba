"""A revision's content with its rich text parsed: read once, used by every step of an action."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.apps import apps

from portal.library.models import Attachment, Image
from portal.library.richtext import RichText

from .content import ContentModel, canonical


@dataclass(frozen=True)
class Quote:
    """Words in a rich-text field, and the record they were copied from."""

    field: str
    label: str
    pk: int
    text: str

    @property
    def key(self) -> tuple[str, int]:
        return self.label, self.pk


@dataclass
class ParsedContent:
    """Content as JSON, and what its rich text contains.

    ``data`` must not be changed in fields that hold rich text: they have been parsed already.
    """

    model: type[ContentModel]
    data: dict[str, Any]
    #: The parsed body of each rich-text field, by field name.
    rich_texts: dict[str, RichText] = field(init=False)

    def __post_init__(self) -> None:
        fields = self.data["fields"]
        self.rich_texts = {
            name: RichText.parse(fields.get(name) or "") for name in self.model.rich_text_fields()
        }

    @cached_property
    def image_ids(self) -> list[int]:
        """Ids of all pictures, attached ones before those in rich text; each once."""
        ids = [row["image"] for row in self.data["pictures"]]
        for text in self.rich_texts.values():
            ids += text.image_ids
        return list(dict.fromkeys(ids))

    @cached_property
    def attachment_ids(self) -> list[int]:
        """Ids of the attached files in their order, each once."""
        return list(dict.fromkeys(row["attachment"] for row in self.data["files"]))

    @cached_property
    def quotes(self) -> list[Quote]:
        """The quotes of quotable records, in document order."""
        found = []
        for name, text in self.rich_texts.items():
            for key, words in text.quotes:
                label, _colon, pk = key.partition(":")
                if quotable_model(label):
                    found.append(Quote(name, label, int(pk), words))
        return found

    def digest(self, correction: tuple[str, str] = ("", "")) -> str:
        """Compute the SHA-256 over the canonical content, its media and the correction.

        ``correction`` is (kind of change, public note). The digests of the pictures and files are
        included, so that a changed byte of a picture changes the digest as well; so is the note,
        because reviewers answer for it too.
        """
        body = {
            "type": self.model._meta.label_lower,
            "schema": self.model.schema_version,
            "content": self.data,
            "correction": correction,
            "images": _media_digests(Image, self.image_ids),
            "attachments": _media_digests(Attachment, self.attachment_ids),
        }
        return hashlib.sha256(canonical(body).encode()).hexdigest()


def quotable_model(label: str) -> Any:
    """Return the model of that label if texts may quote its records, else None."""
    try:
        model: Any = apps.get_model(label)
    except LookupError:
        return None
    return model if getattr(model, "is_quotable", False) else None


def _media_digests(model: type[Image] | type[Attachment], ids: list[int]) -> dict[str, str]:
    # An import may hold thousands of texts without pictures: no query is made for those.
    rows = model.objects.filter(pk__in=ids).values_list("pk", "digest") if ids else ()
    return {str(pk): value for pk, value in rows}
