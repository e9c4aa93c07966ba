"""Former values of the descriptive fields of images and attachments.

A change in the library reaches readers only by a release. The former values tell which released
texts still show a value that the library has changed since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db import transaction

from portal.library.models import Attachment, FormerDescription, Image, MediaFile


@transaction.atomic
def save_description(media_file: MediaFile) -> None:
    """Save the changed descriptive fields of a file, and keep the values that they had before."""
    stored = type(media_file)._base_manager.select_for_update().get(pk=media_file.pk)
    changed = [
        name
        for name in media_file.described_fields
        if getattr(stored, name) != getattr(media_file, name)
    ]
    if not changed:
        return
    key = {_key(media_file): media_file}
    FormerDescription.objects.bulk_create(
        FormerDescription(**key, field=name, value=str(getattr(stored, name))) for name in changed
    )
    media_file.save(update_fields=changed)


def former_values(media_file: MediaFile) -> dict[str, set[str]]:
    """Return the values, as text, that each descriptive field had before but no longer has."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, value in media_file.former_descriptions.values_list("field", "value"):  # type: ignore[attr-defined]
        if value != str(getattr(media_file, name)):
            found[name].add(value)
    return dict(found)


def file_names(ids: Collection[int]) -> dict[int, str]:
    """Return the current file name of each attachment with one of these ids."""
    return dict(Attachment.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def first_file_names(ids: Collection[int]) -> dict[int, str]:
    """Return the file name that each attachment had before its first recorded change.

    Revisions of the first schema contain no file names; these names complete them always in the
    same way.
    """
    names = file_names(ids)
    if names:
        rows = FormerDescription.objects.filter(attachment__in=names, field="name")
        for pk, value in rows.order_by("-pk").values_list("attachment_id", "value"):
            names[pk] = value
    return names


def _key(media_file: Any) -> str:
    return "image" if isinstance(media_file, Image) else "attachment"
