"""All that joins the rooms: what follows a public change, and which links lead across."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from honors.models import Honor
from news.models import Article
from portal.court.models import CourtProfile, Observation, Person
from portal.library import media
from portal.publishing import references, signals
from portal.publishing.references import Role


def connect() -> None:
    """Called once, when the house is complete."""
    signals.public_changed.connect(publish_media, dispatch_uid="wiring.publish_media")
    # Links across rooms: whose desk offers them, in which role, and where they lead.
    references.offer(Article, Role.REPORTS, Honor)
    references.offer(Honor, Role.STATED_IN, Article)
    references.offer(Observation, Role.STATED_IN, Article)
    references.offer(CourtProfile, Role.STATED_IN, Article)
    references.offer(Person, Role.STATED_IN, Article)


def publish_media(sender: type, *, images: set[int], attachments: set[int], **kwargs: Any) -> None:
    """After commit, put into the public folder what is public now, and take out what no longer is.

    A process that dies before it gets there leaves it to ``run_due``, which does the same; so does
    a folder that fails: what is committed must not look as if it were not.
    """
    if images or attachments:
        transaction.on_commit(
            # Not a partial: a robust hook that fails is logged by its name.
            lambda: media.reconcile(images=sorted(images), attachments=sorted(attachments)),
            robust=True,
        )
