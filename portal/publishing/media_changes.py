"""Which released texts still show former values of the library's files.

A text waits for a release if it shows a value that the library gave to the file before and has
changed since, or a file that is out of use or withdrawn. Words that a writer chose for one text are
the text's own, and wait for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.library import descriptions
from portal.library.models import Attachment, Image, MediaFile
from portal.library.richtext import alternative_texts, replace_alternative_texts
from portal.library.waiting import WaitingPage

from .models import AttachedFile, AttachedPicture, Publishable
from .parsed_content import ParsedContent

#: The descriptive fields that an attached row shows, for each kind of file.
_SHOWN_BY_ROWS = {Image: ("alt", "credit", "focal_x", "focal_y"), Attachment: ("title", "name")}


def waiting_pages(media_file: MediaFile) -> list[WaitingPage]:
    """Return the public objects that wait for a release, newest first."""
    changed = descriptions.former_values(media_file)
    is_out = media_file.hidden or media_file.is_withdrawn
    if not (changed or is_out):
        return []
    found = []
    for obj, displayed in _shown_values(media_file):
        reasons = [
            _("%(field)s: readers see “%(displayed)s”, the library says “%(now)s”.")
            % {
                "field": _label(media_file, name),
                "displayed": value,
                "now": getattr(media_file, name),
            }
            for name, value in displayed
            if value in changed.get(name, ())
        ]
        if media_file.is_withdrawn:
            reasons.append(_("Readers see the notice of the withdrawal."))
        elif media_file.hidden:
            reasons.append(_("The file is out of use, but readers still see it."))
        if reasons:
            found.append(WaitingPage(obj, obj.get_absolute_url(), _admin_url(obj), tuple(reasons)))
    return found


def proposal_url(media_file: MediaFile) -> str:
    """Return the admin page that proposes a change of the file for all texts that show it."""
    kind = media_file._meta.model_name
    return reverse("proposals:propose", kwargs={"kind": kind, "pk": media_file.pk})


def updated_content(content: ParsedContent, media_file: MediaFile) -> dict[str, Any]:
    """Return a content in which the former values of a file are replaced by the present ones.

    Values that a writer chose for the text stay.
    """
    changed = descriptions.former_values(media_file)
    data = deepcopy(content.data)
    part, key = ("pictures", "image") if isinstance(media_file, Image) else ("files", "attachment")
    for row in data[part]:
        if row[key] == media_file.pk:
            for name in _SHOWN_BY_ROWS[type(media_file)]:
                if str(row[name]) in changed.get(name, ()):
                    row[name] = getattr(media_file, name)
    if isinstance(media_file, Image):
        for name in content.model.rich_text_fields():
            data["fields"][name] = replace_alternative_texts(
                data["fields"][name] or "", media_file.pk, changed.get("alt", ()), media_file.alt
            )
    return data


def _label(media_file: MediaFile, name: str) -> str:
    return str(media_file._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _admin_url(obj: Publishable) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


def _shown_values(media_file: MediaFile) -> Iterable[tuple[Publishable, list[tuple[str, str]]]]:
    """Yield each public object that uses the file, with (field, value) of what it shows."""
    owners: dict[int, list[int]] = defaultdict(list)
    uses: Any = media_file.public_uses  # type: ignore[attr-defined]
    for type_id, pk in uses.order_by("-pk").values_list("owner_type_id", "owner_id"):
        owners[type_id].append(pk)
    for type_id, ids in owners.items():
        model = ContentType.objects.get_for_id(type_id).model_class()
        if model is None or not issubclass(model, Publishable):
            continue
        rows = _row_values(media_file, type_id, ids)
        objects = model._default_manager.public().in_bulk(ids)
        for pk in ids:
            if obj := objects.get(pk):
                yield obj, sorted({*rows[pk], *_text_values(obj, media_file)})


def _row_values(
    media_file: MediaFile, type_id: int, ids: list[int]
) -> dict[int, list[tuple[str, str]]]:
    """Return what the attached rows of the objects show of a file, by object id."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    names = _SHOWN_BY_ROWS[type(media_file)]
    rows: Any = (
        AttachedPicture.objects.filter(image=media_file.pk)
        if isinstance(media_file, Image)
        else AttachedFile.objects.filter(attachment=media_file.pk)
    )
    rows = rows.filter(content_type=type_id, object_id__in=ids)
    for pk, *values in rows.values_list("object_id", *names):
        found[pk] += [(name, str(value)) for name, value in zip(names, values, strict=True)]
    return found


def _text_values(obj: Publishable, media_file: MediaFile) -> list[tuple[str, str]]:
    """Return the alternative texts that an image has inside the rich text of an object."""
    if not isinstance(media_file, Image):
        return []
    return [
        ("alt", alt)
        for name in obj.rich_text_fields()
        for number, alt in alternative_texts(getattr(obj, name) or "")
        if number == media_file.pk
    ]
