"""The content of a publishable object as JSON, which revisions store and digests are based on.

    {"fields": {...}, "pictures": [...], "files": [...], "references": [...]}

``fields`` maps the names of the model's content columns to their values. The lists contain the
attached rows in order.

The content contains everything that readers see of an object and of the library's files in it, so
that the digest covers it. Schema 1 lacked the file names of attachments (``name``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any, ClassVar

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.library import descriptions, richtext

PICTURE_KEYS = ("image", "alt", "caption", "credit", "focal_x", "focal_y")
FILE_KEYS = ("attachment", "title", "name")
REFERENCE_KEYS = ("role", "type", "id")

#: The keys of each kind of attached row, and default values for keys that a revision lacks.
_ROW_KEYS = {"pictures": PICTURE_KEYS, "files": FILE_KEYS, "references": REFERENCE_KEYS}
_ROW_DEFAULTS: dict[str, dict[str, Any]] = {
    "pictures": {"alt": "", "caption": "", "credit": "", "focal_x": 50, "focal_y": 50},
    "files": {"title": ""},  # and "name": see ``_complete_file_names``
    "references": {},
}

Rows = Iterable[Mapping[str, Any]]


class ContentModel(models.Model):
    """A model whose content columns are stored in revisions."""

    #: The names of the columns that a revision stores.
    content_fields: ClassVar[tuple[str, ...]] = ()
    #: Increment it when the meaning of a content field changes (see ``upgrade_content``).
    schema_version: ClassVar[int] = 2

    class Meta:
        abstract = True

    @classmethod
    def rich_text_fields(cls) -> list[str]:
        """Return the names of the content fields that contain rich text."""
        return [
            name
            for name in cls.content_fields
            if isinstance(cls._meta.get_field(name), richtext.RichTextField)
        ]


def canonical(value: Any) -> str:
    """Serialise JSON in canonical form: sorted keys, no spaces, non-ASCII characters unescaped."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, cls=DjangoJSONEncoder
    )


def field_to_json(field: models.Field, value: Any) -> Any:
    """Convert a column's Python value to the value that is stored as JSON."""
    if value is None or isinstance(value, (bool, int, str, list)):
        return value
    # ``value_to_string`` expects an object and reads the value from its attribute.
    holder: Any = SimpleNamespace(**{field.attname: value})
    return field.value_to_string(holder)


def display_value(field: models.Field, value: Any) -> str:
    """Format a column's value as text for people; accept the Python value or the JSON value."""
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
    if format_value := getattr(field, "display_value", None):
        return format_value(value)
    return str(dict(field.flatchoices).get(value, value))


def column(model: type[models.Model] | models.Model, name: str) -> models.Field:
    """Return the model's concrete field with this name.

    Raises TypeError if the name belongs to a reverse or generic relation.
    """
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise TypeError(f"{name} is no column of {model._meta.label}")
    return field


def empty_content(model: type[ContentModel]) -> dict[str, Any]:
    """Return the content of a new object: the default of each column, no attached rows."""
    return from_instance(model(), pictures=(), files=(), references=())


def from_instance(
    instance: ContentModel, *, pictures: Rows, files: Rows, references: Rows
) -> dict[str, Any]:
    """Build content from the instance's columns and the given attached rows.

    Each row is a mapping that contains at least the keys of its kind.
    """
    fields = {}
    for name in instance.content_fields:
        field = column(instance, name)
        fields[name] = field_to_json(field, getattr(instance, field.attname))
    return {
        "fields": fields,
        "pictures": [{key: row[key] for key in PICTURE_KEYS} for row in pictures],
        "files": [{key: row[key] for key in FILE_KEYS} for row in _complete_file_names(files)],
        "references": [{key: row[key] for key in REFERENCE_KEYS} for row in references],
    }


def clean_content(model: type[ContentModel], content: dict[str, Any]) -> dict[str, Any]:
    """Return content that may be stored: exactly the known keys, with rich text sanitised.

    Called on save, import and restore, so that a revision written under an older schema is restored
    in the current schema. Attachments get the file names that the library has now: a name that was
    changed there reaches readers with the release of this content.
    """
    whole = upgrade_content(model, content)
    names = descriptions.file_names({row["attachment"] for row in whole["files"]})
    for row in whole["files"]:
        row["name"] = names.get(row["attachment"], row["name"])
    fields = whole["fields"]
    for name in model.rich_text_fields():
        fields[name] = richtext.clean(fields[name] or "")
    return whole


def upgrade_content(model: type[ContentModel], content: dict[str, Any]) -> dict[str, Any]:
    """Convert content to the current schema: add missing keys with defaults, drop unknown keys.

    The result depends on the content alone: it does not follow later changes in the library.
    """
    given = content.get("fields", {})
    fields = {}
    for name, default in empty_content(model)["fields"].items():
        value = given.get(name, default)
        try:
            fields[name] = field_to_json(column(model, name), column(model, name).to_python(value))
        except ValidationError:
            fields[name] = default
    whole: dict[str, Any] = {"fields": fields}
    for part, keys in _ROW_KEYS.items():
        rows = content.get(part, [])
        if part == "files":
            rows = _complete_file_names(rows)
        whole[part] = [
            {key: row[key] if key in row else _ROW_DEFAULTS[part][key] for key in keys}
            for row in rows
        ]
    return whole


def _complete_file_names(rows: Rows) -> list[dict[str, Any]]:
    """Add the file names that rows of the first schema lack."""
    rows = list(rows)
    missing = {row["attachment"] for row in rows if "name" not in row}
    names = descriptions.first_file_names(missing)
    return [{"name": names.get(row["attachment"], ""), **row} for row in rows]


def set_columns(instance: models.Model, content: dict[str, Any]) -> None:
    """Assign the content's fields to the columns of the instance, without saving it."""
    for name, value in content["fields"].items():
        field = column(instance, name)
        setattr(instance, field.attname, field.to_python(value) if value is not None else None)


def reference_target(row: dict[str, Any]) -> tuple[ContentType, int]:
    """Return the content type and id of the target of a row in ``references``."""
    app_label, model_name = row["type"].split(".")
    return ContentType.objects.get_by_natural_key(app_label, model_name), row["id"]
