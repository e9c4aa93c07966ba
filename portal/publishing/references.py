"""References between objects: the permitted models, and the links on public pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .models import Publishable, Reference

Role = Reference.Role

#: The label of a reference on the page of its target.
INVERSE_LABELS = {
    Role.RELATED: _("Related"),
    Role.REPORTS: _("Reported by"),
    Role.STATES: _("Quoted by"),
    Role.STATED_IN: _("States"),
}

#: Maximum number of objects, newest first, that a page lists as referring to its object.
RELATED_LINKS_LIMIT = 30

_allowed_links: dict[str, dict[str, str]] = defaultdict(dict)

#: (content type id, object id).
Key = tuple[int, int]


def allow_link(source: type[Publishable], role: Role, target: type[Publishable]) -> None:
    """Let the admin form of ``source`` refer to public objects of ``target`` (see ``wiring``)."""
    _allowed_links[source._meta.label_lower][role.value] = target._meta.label_lower


def allowed_links(source: type[Publishable]) -> dict[str, str]:
    """Return role -> label of the model whose public objects ``source`` may refer to."""
    return _allowed_links[source._meta.label_lower]


def is_link_target(label: str) -> bool:
    """Return whether any model may refer to the model with this label."""
    return any(label in roles.values() for roles in _allowed_links.values())


def related_links(obj: Publishable) -> list[tuple[str, str, str]]:
    """Return (label, title, URL) of the public objects that ``obj`` refers to, or that refer to it.

    Makes two database queries for the references and one for each model of the linked objects. If
    more than ``RELATED_LINKS_LIMIT`` objects refer to ``obj``, only the newest are returned,
    followed by a row that says so and has an empty URL.
    """
    related = _outgoing(obj)
    incoming = _incoming(obj)
    related += incoming[:RELATED_LINKS_LIMIT]
    found = _public_objects(key for _label, key in related)
    by_label: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for label, key in related:
        if other := found.get(key):
            # Two objects may refer to each other with one label; the dict removes such duplicates.
            by_label[str(label)][other.link_title, other.get_absolute_url()] = None
    rows = [(label, *link) for label, links in by_label.items() for link in links]
    if len(incoming) > RELATED_LINKS_LIMIT:
        last = rows[-1][0] if rows else ""
        rows.append((last, gettext("Only the newest of those that refer to this are named."), ""))
    return rows


def _outgoing(obj: Publishable) -> list[tuple[Any, Key]]:
    """Return (label, key of the target) of the object's references, in their order."""
    labels = dict(Role.choices)
    if obj._attached is not None:
        return [
            (labels[row["role"]], (_type_id(row["type"]), row["id"]))
            for row in obj._attached["references"]
        ]
    rows = Reference.objects.from_source(obj).order_by("position", "pk")
    return [
        (labels[role], (type_id, pk))
        for role, type_id, pk in rows.values_list("role", "target_type_id", "target_id")
    ]


def _type_id(label: str) -> int:
    app_label, model_name = label.split(".")
    return ContentType.objects.get_by_natural_key(app_label, model_name).pk


def _incoming(obj: Publishable) -> list[tuple[Any, Key]]:
    """Return (label, key of the source) of the newest references to a stored object.

    At most ``RELATED_LINKS_LIMIT`` + 1 rows: one more than are shown tells that there are more.
    """
    if obj._attached is not None or not obj.pk:
        return []
    rows = Reference.objects.to_target(obj).order_by("-pk")
    newest = rows.values_list("role", "source_type_id", "source_id")[: RELATED_LINKS_LIMIT + 1]
    return [(INVERSE_LABELS[Role(role)], (type_id, pk)) for role, type_id, pk in newest]


def targets(objects: Iterable[Publishable], role: Role) -> dict[int, list[Publishable]]:
    """Return object id -> public targets of its references with this role.

    All objects must be of one model. Makes one database query for the references and one for each
    model of the targets.
    """
    objects = list(objects)
    if not objects:
        return {}
    source_type = ContentType.objects.get_for_model(objects[0])
    rows = list(
        Reference.objects.filter(
            source_type=source_type, source_id__in=[obj.pk for obj in objects], role=role
        )
        .order_by("position", "pk")
        .values_list("source_id", "target_type_id", "target_id")
    )
    found = _public_objects((type_id, pk) for _source, type_id, pk in rows)
    by_source: dict[int, list[Publishable]] = defaultdict(list)
    for source_id, type_id, pk in rows:
        if other := found.get((type_id, pk)):
            by_source[source_id].append(other)
    return dict(by_source)


def _public_objects(keys: Iterable[Key]) -> dict[Key, Publishable]:
    """Return the readable objects with these keys, with their rich text deferred."""
    wanted: dict[int, set[int]] = defaultdict(set)
    for type_id, pk in keys:
        wanted[type_id].add(pk)
    found: dict[Key, Publishable] = {}
    for type_id, ids in wanted.items():
        model = ContentType.objects.get_for_id(type_id).model_class()
        if model is None or not issubclass(model, Publishable):
            continue
        rows = model._default_manager.readable().defer(*model.rich_text_fields())
        found |= {(type_id, row.pk): row for row in rows.filter(pk__in=ids)}
    return found
