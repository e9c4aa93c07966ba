"""The comparison of two contents, by field and by kind of attached row."""

from __future__ import annotations

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from portal.library.models import Image
from portal.library.richtext import RichTextField

from .. import content as contents
from ..models import Publishable
from .reader import Block, read_plain, read_rich
from .renderer import Change, render_change


def changes(
    model: type[Publishable], before: dict[str, Any], after: dict[str, Any]
) -> list[Change]:
    """Return a ``Change`` for every field that differs, in the order of the form."""
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
        found.append(render_change(capfirst(str(db_field.verbose_name)), *sides))
    for part, label, read in (
        ("pictures", _("Pictures"), _picture_blocks),
        ("files", _("Attachments"), _file_blocks),
        ("references", _("References"), _reference_blocks),
    ):
        if before[part] != after[part]:
            found.append(render_change(label, read(before[part]), read(after[part])))
    return found


def _picture_blocks(rows: list[dict]) -> list[Block]:
    """Describe each attached image in one block."""
    images = Image.objects.in_bulk([row["image"] for row in rows])
    names = {pk: str(image) for pk, image in images.items()}
    blocks = []
    for row in rows:
        text = _(
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
        blocks += read_plain(text)
    return blocks


def _file_blocks(rows: list[dict]) -> list[Block]:
    """Describe each attached file in one block."""
    return [
        block
        for row in rows
        for block in read_plain(
            _("%(title)s (no. %(id)s) | file name: %(name)s")
            % {"title": row["title"] or row["name"], "id": row["attachment"], "name": row["name"]}
        )
    ]


def _reference_blocks(rows: list[dict]) -> list[Block]:
    """Describe each reference in one block: role, target, type and id."""
    blocks = []
    for row in rows:
        content_type, pk = contents.reference_target(row)
        model = content_type.model_class()
        target = model._default_manager.filter(pk=pk).first() if model else None
        blocks += read_plain(f"{row['role']}: {target or '?'} ({row['type']} {pk})")
    return blocks
