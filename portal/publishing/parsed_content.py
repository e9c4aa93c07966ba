"""A revision's content with its rich text parsed once, for all steps of an action."""

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
    """Words in a rich-text field that were copied from a record.

    ``label`` and ``pk`` are the model label and the id of the record.
    """

    field: str
    label: str
    pk: int
    text: str

    @property
    def key(self) -> tuple[str, int]:
        return self.label, self.pk


@dataclass
class ParsedContent:
    """The content of an object as JSON, and its rich-text fields parsed.

    Do not change rich-text fields in ``data``: they were parsed when this object was created.
    """

    model: type[ContentModel]
    data: dict[str, Any]
    #: The parsed value of each rich-text field, by field name.
    rich_texts: dict[str, RichText] = field(init=False)

    def __post_init__(self) -> None:
        fields = self.data["fields"]
        self.rich_texts = {
            name: RichText.parse(fields.get(name) or "") for name in self.model.rich_text_fields()
        }

    @cached_property
    def image_ids(self) -> list[int]:
        """The ids of all images without duplicates, attached images before those in rich text."""
        ids = [row["image"] for row in self.data["pictures"]]
        for text in self.rich_texts.values():
            ids += text.image_ids
        return list(dict.fromkeys(ids))

    @cached_property
    def attachment_ids(self) -> list[int]:
        """The ids of the attached files in their order, without duplicates."""
        return list(self.file_names)

    @cached_property
    def file_names(self) -> dict[int, str]:
        """The file name of each attached file, by id, in their order."""
        return {row["attachment"]: row.get("name", "") for row in self.data["files"]}

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

    def digest(
        self, correction: tuple[str, str] = ("", ""), schema_version: int | None = None
    ) -> str:
        """Compute the SHA-256 of the canonical content, its images and files, and the correction.

        ``correction`` is (kind of change, public note). Reviewers are responsible for the note and
        for every byte of the images and files, so a change to any of these changes the digest.
        ``schema_version`` is the schema of the content, or None for the current one.
        """
        body = {
            "type": self.model._meta.label_lower,
            "schema": schema_version or self.model.schema_version,
            "content": self.data,
            "correction": correction,
            "images": _media_digests(Image, self.image_ids),
            "attachments": _media_digests(Attachment, self.attachment_ids),
        }
        return hashlib.sha256(canonical(body).encode()).hexdigest()


def quotable_model(label: str) -> Any:
    """Return the model with this label if texts may quote its records, else None."""
    try:
        model: Any = apps.get_model(label)
    except LookupError:
        return None
    return model if getattr(model, "is_quotable", False) else None


def _media_digests(model: type[Image] | type[Attachment], ids: list[int]) -> dict[str, str]:
    # An import may contain thousands of texts without images: these need no database query.
    rows = model.objects.filter(pk__in=ids).values_list("pk", "digest") if ids else ()
    return {str(pk): value for pk, value in rows}
