"""What the desk sees of an honour: the open revision's content, else the released one's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType

from portal.publishing import content as contents
from portal.publishing.models import Revision
from portal.publishing.states import OPEN, RevisionState

from .models import Honor


def desk_revisions(ids: Iterable[int]) -> dict[int, Revision]:
    """The revision of each honour that the desk shows; as many as are asked for in one query."""
    ids = set(ids)
    if not ids:
        return {}
    rows = Revision.objects.filter(
        content_type=ContentType.objects.get_for_model(Honor), object_id__in=ids
    )
    shown = rows.filter(state__in=(*OPEN, RevisionState.RELEASED)).prefetch_related("reviews")
    found: dict[int, Revision] = {}
    for revision in shown:
        if revision.object_id not in found or revision.is_open:
            found[revision.object_id] = revision
    # Of what was archived as a draft, the last that was put aside.
    for revision in rows.filter(object_id__in=ids - found.keys()).order_by("number"):
        found[revision.object_id] = revision
    return found


def desk_fields(revision: Revision | None) -> dict[str, Any]:
    content = revision.content if revision else {}
    return contents.upgrade_content(Honor, content)["fields"]


def desk_contents(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    ids = list(ids)
    revisions = desk_revisions(ids)
    return {pk: desk_fields(revisions.get(pk)) for pk in ids}
