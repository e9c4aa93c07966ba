"""The content of honours as staff see it: that of the open revision, else of the released one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType

from portal.publishing import content as contents
from portal.publishing.models import Revision
from portal.publishing.states import OPEN, RevisionState

from .models import Honor


def current_revisions(ids: Iterable[int]) -> dict[int, Revision]:
    """Return the current revision of each honour, by its id, in a fixed number of queries."""
    ids = set(ids)
    if not ids:
        return {}
    rows = Revision.objects.filter(
        content_type=ContentType.objects.get_for_model(Honor), object_id__in=ids
    )
    candidates = rows.filter(state__in=(*OPEN, RevisionState.RELEASED)).prefetch_related("reviews")
    found: dict[int, Revision] = {}
    for revision in candidates:
        if revision.object_id not in found or revision.is_open:
            found[revision.object_id] = revision
    # An honour archived as a draft has neither: take its last discarded revision.
    for revision in rows.filter(object_id__in=ids - found.keys()).order_by("number"):
        found[revision.object_id] = revision
    return found


def fields_of(revision: Revision | None) -> dict[str, Any]:
    """Return the content fields of a revision; empty ones for None."""
    content = revision.content if revision else {}
    return contents.upgrade_content(Honor, content)["fields"]


def current_contents(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the current content fields of each honour, by its id."""
    ids = list(ids)
    revisions = current_revisions(ids)
    return {pk: fields_of(revisions.get(pk)) for pk in ids}
