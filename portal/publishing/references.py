"""Links across rooms, as a public page may show them."""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType

from .models import Publishable, Reference
from .states import State


def shown(obj: Publishable) -> list[tuple[str, str, str]]:
    """(role, title, address) of what ``obj`` refers to or is referred to by; public ends only.

    Two queries for the references, and one for each type at their other ends.
    """
    if obj._attached is not None:
        rows = [
            (row["role"], *row["type"].split("."), row["id"]) for row in obj._attached["references"]
        ]
        ends = [
            (role, ContentType.objects.get_by_natural_key(app_label, model_name).pk, pk)
            for role, app_label, model_name, pk in rows
        ]
    else:
        ends = list(
            Reference.objects.of(obj)
            .order_by("position", "pk")
            .values_list("role", "target_type_id", "target_id")
        )
        if obj.pk:
            ends += Reference.objects.to(obj).values_list("role", "source_type_id", "source_id")
    found = _public(ends)
    labels = dict(Reference.Role.choices)
    lines = []
    for role, type_id, pk in dict.fromkeys(ends):
        if (type_id, pk) in found:
            other = found[type_id, pk]
            lines.append((str(labels[role]), str(other), other.get_absolute_url()))
    return list(dict.fromkeys(lines))


def _public(ends: list[tuple[str, int, int]]) -> dict[tuple[int, int], Publishable]:
    wanted: dict[int, set[int]] = {}
    for _role, type_id, pk in ends:
        wanted.setdefault(type_id, set()).add(pk)
    found: dict[tuple[int, int], Publishable] = {}
    for type_id, ids in wanted.items():
        model = ContentType.objects.get_for_id(type_id).model_class()
        if model is None or not issubclass(model, Publishable):
            continue
        rows = model._default_manager.filter(state=State.LIVE, pk__in=ids)
        found |= {(type_id, row.pk): row for row in rows}
    return found
