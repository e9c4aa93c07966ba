"""The content of honours as staff see it: of the open revision, else of the released revision."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType

from portal.publishing import content as contents
from portal.publishing.models import Revision
from portal.publishing.states import OPEN, RevisionState

from .models import Honor


def current_revisions(ids: Iterable[int]) -> dict[int, Revision]:
    """Return id -> current revision of each honour, in a fixed number of database queries."""
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
    # An honour that was archived as a draft has neither an open nor a released revision: its last
    # discarded revision is current.
    for revision in rows.filter(object_id__in=ids - found.keys()).order_by("number"):
        found[revision.object_id] = revision
    return found


def fields_of(revision: Revision | None) -> dict[str, Any]:
    """Return the content fields of a revision; empty content fields if it is None."""
    content = revision.content if revision else {}
    return contents.upgrade_content(Honor, content)["fields"]


def current_contents(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return id -> current content fields of each honour."""
    ids = list(ids)
    revisions = current_revisions(ids)
    return {pk: fields_of(revisions.get(pk)) for pk in ids}
