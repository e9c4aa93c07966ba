"""The content of a publishable as JSON: what a revision holds, and what its digest covers.

    {"fields": {...}, "pictures": [...], "files": [...], "references": [...]}

``fields`` are the type's content columns; the rest are its attached rows, in their order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.library import richtext
from portal.library.models import Attachment, Image

if TYPE_CHECKING:
    from .models import Publishable

PICTURE_KEYS = ("image", "alt", "caption", "credit", "focal_x", "focal_y")
FILE_KEYS = ("attachment", "title")
REFERENCE_KEYS = ("role", "type", "id")


Rows = Iterable[Mapping[str, Any]]


def canonical(value: Any) -> str:
    """The one spelling of a JSON value: sorted keys, no spaces, no escapes."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, cls=DjangoJSONEncoder
    )


def field_to_json(field: models.Field, value: Any) -> Any:
    """A column's value as JSON keeps it."""
    if value is None or isinstance(value, (bool, int, str, list)):
        return value
    # ``value_to_string`` wants an object to read the value from.
    holder: Any = SimpleNamespace(**{field.attname: value})
    return field.value_to_string(holder)


def display_value(field: models.Field, value: Any) -> str:
    """A column's value as a person reads it, given as Python or as JSON keeps it."""
    if value in (None, "", []):
        return ""
    if field.is_relation and field.related_model:
        row = field.related_model._default_manager.filter(pk=value).first()
        return str(row) if row else str(value)
    value = field.to_python(value)
    if isinstance(field, models.DateTimeField):
        return date_format(timezone.localtime(value), "Y-m-d H:i")
    if isinstance(field, models.BooleanField):
        return str(_("yes") if value else _("no"))
    if told := getattr(field, "display_value", None):
        return told(value)
    return str(dict(field.flatchoices).get(value, value))


def column(model: type[models.Model] | models.Model, name: str) -> models.Field:
    """The content column of that name."""
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise TypeError(f"{name} is no column of {model._meta.label}")
    return field


def empty_content(model: type[Publishable]) -> dict[str, Any]:
    """The content of something nobody has written yet: the columns' defaults, nothing attached."""
    return from_instance(model(), pictures=(), files=(), references=())


def from_instance(
    instance: Publishable, *, pictures: Rows, files: Rows, references: Rows
) -> dict[str, Any]:
    """The content of an instance and the attached rows given (mappings with the known keys)."""
    fields = {}
    for name in instance.content_fields:
        field = column(instance, name)
        fields[name] = field_to_json(field, getattr(instance, field.attname))
    return {
        "fields": fields,
        "pictures": [{key: row[key] for key in PICTURE_KEYS} for row in pictures],
        "files": [{key: row[key] for key in FILE_KEYS} for row in files],
        "references": [{key: row[key] for key in REFERENCE_KEYS} for row in references],
    }


def clean_content(model: type[Publishable], content: dict[str, Any]) -> dict[str, Any]:
    """Content fit to be stored: every known key, no other, rich text through the sanitiser.

    Called on save, on import and on restore, so that an older revision, whose columns may have
    been others, comes back in today's shape.
    """
    whole = upgrade_content(model, content)
    fields = whole["fields"]
    for name in model.content_fields:
        if isinstance(model._meta.get_field(name), richtext.RichTextField):
            fields[name] = richtext.clean(fields[name] or "")
    return whole


def upgrade_content(model: type[Publishable], content: dict[str, Any]) -> dict[str, Any]:
    """Content in today's shape: missing keys get their defaults, unknown ones are left out."""
    blank = empty_content(model)
    given = content.get("fields", {})
    fields = {}
    for name, default in blank["fields"].items():
        value = given.get(name, default)
        try:
            fields[name] = field_to_json(column(model, name), column(model, name).to_python(value))
        except ValidationError:
            fields[name] = default
    defaults: dict[str, dict[str, Any]] = {
        "pictures": {"alt": "", "caption": "", "credit": "", "focal_x": 50, "focal_y": 50},
        "files": {"title": ""},
        "references": {},
    }
    keys = {"pictures": PICTURE_KEYS, "files": FILE_KEYS, "references": REFERENCE_KEYS}
    whole: dict[str, Any] = {"fields": fields}
    for part, names in keys.items():
        whole[part] = [
            {key: row[key] if key in row else defaults[part][key] for key in names}
            for row in content.get(part, [])
        ]
    return whole


def image_ids(model: type[Publishable], content: dict[str, Any]) -> list[int]:
    """Every picture the content uses, in its rich text and beside it; each once."""
    ids = [row["image"] for row in content["pictures"]]
    for name in model.content_fields:
        if isinstance(model._meta.get_field(name), richtext.RichTextField):
            ids += richtext.image_ids(content["fields"].get(name) or "")
    return list(dict.fromkeys(ids))


def attachment_ids(content: dict[str, Any]) -> list[int]:
    return list(dict.fromkeys(row["attachment"] for row in content["files"]))


def compute_digest(
    model: type[Publishable], content: dict[str, Any], correction: tuple[str, str]
) -> str:
    """SHA-256 over the canonical content, the digests of its media, and the correction's note.

    Two texts that differ by a byte, or by a byte of a picture, have different digests; so have
    two notes to the reader, since reviewers answer for them too.
    """
    images, attachments = image_ids(model, content), attachment_ids(content)
    body = {
        "type": model._meta.label_lower,
        "schema": model.schema_version,
        "content": content,
        "correction": correction,
        "images": _digests(Image, images),
        "attachments": _digests(Attachment, attachments),
    }
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def _digests(model: type[Image] | type[Attachment], ids: list[int]) -> dict[str, str]:
    # A sheet brings thousands of texts without a picture: not even a query is made for them.
    rows = model.objects.filter(pk__in=ids).values_list("pk", "digest") if ids else ()
    return {str(pk): value for pk, value in rows}


def set_columns(instance: Publishable, content: dict[str, Any]) -> None:
    """Put the content's fields into the instance's columns (in memory)."""
    for name, value in content["fields"].items():
        field = column(instance, name)
        setattr(instance, field.attname, field.to_python(value) if value is not None else None)


def reference_target(row: dict[str, Any]) -> tuple[ContentType, int]:
    app_label, model_name = row["type"].split(".")
    return ContentType.objects.get_by_natural_key(app_label, model_name), row["id"]
