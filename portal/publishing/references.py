"""Links across rooms: which there are, and what a public page may show of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.library.richtext import RichTextField

from .models import Publishable, Reference

Role = Reference.Role

#: What a link is called on the page that it leads to.
INVERSE_LABELS = {
    Role.RELATED: _("Related"),
    Role.REPORTS: _("Reported by"),
    Role.STATES: _("Quoted by"),
    Role.STATED_IN: _("States"),
}

#: So many of those that refer to an object are named, the newest.
RELATED_LINKS_LIMIT = 30

_allowed_links: dict[str, dict[str, str]] = defaultdict(dict)


def allow_link(source: type[Publishable], role: Role, target: type[Publishable]) -> None:
    """Let the desk of one type link to public objects of another; the roof says which."""
    _allowed_links[source._meta.label_lower][role.value] = target._meta.label_lower


def allowed_links(source: type[Publishable]) -> dict[str, str]:
    """role -> the label of the type whose public objects the desk of ``source`` may link to."""
    return _allowed_links[source._meta.label_lower]


def is_link_target(label: str) -> bool:
    return any(label in roles.values() for roles in _allowed_links.values())


def related_links(obj: Publishable) -> list[tuple[str, str, str]]:
    """(label, title, address) of what ``obj`` refers to or is referred to by; public ends only.

    Two queries for the references, and one for each type at their other ends. Whatever is quoted
    most names the newest of those that quote it, and says so in a last line without an address.
    """
    more = False
    labels = dict(Role.choices)
    if obj._attached is not None:
        rows = [
            (row["role"], *row["type"].split("."), row["id"]) for row in obj._attached["references"]
        ]
        ends = [
            (labels[role], ContentType.objects.get_by_natural_key(app_label, model_name).pk, pk)
            for role, app_label, model_name, pk in rows
        ]
    else:
        out = Reference.objects.from_source(obj).order_by("position", "pk")
        ends = [
            (labels[role], type_id, pk)
            for role, type_id, pk in out.values_list("role", "target_type_id", "target_id")
        ]
        if obj.pk:
            back = Reference.objects.to_target(obj).order_by("-pk")
            newest = list(
                back.values_list("role", "source_type_id", "source_id")[: RELATED_LINKS_LIMIT + 1]
            )
            more = len(newest) > RELATED_LINKS_LIMIT
            ends += [
                (INVERSE_LABELS[Role(role)], type_id, pk)
                for role, type_id, pk in newest[:RELATED_LINKS_LIMIT]
            ]
    found = _public((type_id, pk) for _label, type_id, pk in ends)
    by_label: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for label, type_id, pk in ends:
        if other := found.get((type_id, pk)):
            # The same link may be said at both of its ends.
            by_label[str(label)][other.link_title, other.get_absolute_url()] = None
    lines = [(label, *line) for label, lines in by_label.items() for line in lines]
    if more:
        last = lines[-1][0] if lines else ""
        lines.append((last, gettext("Only the newest of those that refer to this are named."), ""))
    return lines


def targets(objects: Iterable[Publishable], role: Role) -> dict[int, list[Publishable]]:
    """For each of some objects of one type, by id: the public objects it names in this role.

    One query for the references and one for each type at their other ends, however many objects.
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
    found = _public((type_id, pk) for _source, type_id, pk in rows)
    named: dict[int, list[Publishable]] = defaultdict(list)
    for source_id, *end in rows:
        if other := found.get(tuple(end)):
            named[source_id].append(other)
    return dict(named)


def _public(ends: Iterable[tuple[int, int]]) -> dict[tuple[Any, ...], Publishable]:
    wanted: dict[int, set[int]] = defaultdict(set)
    for type_id, pk in ends:
        wanted[type_id].add(pk)
    found: dict[tuple[Any, ...], Publishable] = {}
    for type_id, ids in wanted.items():
        model = ContentType.objects.get_for_id(type_id).model_class()
        if model is None or not issubclass(model, Publishable):
            continue
        long = [field.name for field in model._meta.fields if isinstance(field, RichTextField)]
        rows = model._default_manager.readable().defer(*long).filter(pk__in=ids)
        found |= {(type_id, row.pk): row for row in rows}
    return found
