"""Conversion of open revisions to the current schema, after an upgrade of the portal.

A digest covers what the schema of its revision contains. If a newer schema contains more of what
readers see, the reviews given before did not cover that part; therefore they begin anew. Released
and superseded revisions are never converted: ``Revision.has_valid_digest`` checks them by the
schema under which they were reviewed.
"""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.core.exceptions import FieldDoesNotExist
from django.db import DEFAULT_DB_ALIAS, transaction
from django.utils import timezone

from portal.audit import actions as audit
from portal.audit.signals import is_last_app_with_models

from ..models import Revision
from ..states import EDITABLE, RevisionState
from .base import lock_with_revision, transition

#: The action code in the audit log. No user takes this action.
RENEW = "workflow.renew"


def after_migrations(*, sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Convert the open revisions after ``migrate`` has brought the tables up to date."""
    if not is_last_app_with_models(sender) or using != DEFAULT_DB_ALIAS:
        return
    apps = kwargs.get("apps", installed_apps)
    try:
        apps.get_model("publishing", "Revision")._meta.get_field("renewed_at")
    except (LookupError, FieldDoesNotExist):  # a migration back to an older state
        return
    renew_open_revisions(by="migrate")


def renew_open_revisions(*, by: str) -> int:
    """Convert each open revision of an older schema; return their number.

    ``by`` names the process for the audit log.
    """
    count = 0
    for revision in Revision.objects.open().order_by("pk"):
        if revision.schema_version != revision.model.schema_version:
            count += _renew(revision, by)
    return count


@transaction.atomic
def _renew(revision: Revision, by: str) -> bool:
    """Convert one revision; if it was submitted, begin a new round of reviews.

    The release of a scheduled revision is cancelled, because its reviews are void.
    """
    obj, revision = lock_with_revision(revision)
    if not revision.is_open or revision.schema_version == revision.model.schema_version:
        return False
    came_from = revision.state
    content = revision.parse_content()
    is_submitted = came_from not in EDITABLE
    if is_submitted:
        # The database refuses to change the content of a submitted revision.
        transition(revision, to=RevisionState.DRAFT, due_at=None)
    transition(
        revision,
        to=revision.state,
        content=content.data,
        digest=revision.digest_of(content),
        schema_version=revision.model.schema_version,
    )
    if is_submitted:
        transition(
            revision,
            to=RevisionState.IN_REVIEW,
            round=revision.round + 1,
            renewed_at=timezone.now(),
        )
    audit.log_event(
        action=RENEW,
        obj=obj,
        actor_label=by,
        details={
            "revision": revision.number,
            "digest": revision.digest,
            "schema": revision.schema_version,
            "came_from": came_from,
        },
    )
    return True
