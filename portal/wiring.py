"""Connections between the apps: receivers of signals, and permitted references between models."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from honors.models import Honor
from news.models import NAVIGATION_ORDER, Article, Column
from portal.court.models import CourtProfile, Observation, Person
from portal.library import media_sync, waiting
from portal.library import signals as library
from portal.library.models import MediaFile
from portal.pagestore import generations, sync
from portal.publishing import admin_search, media_changes, references, signals
from portal.publishing.references import Role
from portal.search import index, scopes, staff_search
from portal.web.languages import localized


def connect_signals() -> None:
    """Connect all signal receivers and register the functions that one app provides to another.

    Called one time, after all apps are loaded.
    """
    signals.public_changed.connect(sync_public_media, dispatch_uid="wiring.sync_public_media")
    signals.public_changed.connect(index.on_public_changed, dispatch_uid="wiring.on_public_changed")
    signals.draft_saved.connect(index.on_work_saved, dispatch_uid="wiring.on_work_saved")
    library.withdrawal_changed.connect(update_media_index, dispatch_uid="wiring.update_media_index")
    admin_search.register(staff_search.find_matching_ids)
    scopes.register(column_search_scopes)
    waiting.register(media_changes.waiting_pages, media_changes.proposal_url)
    # This receiver is connected last, because it locks a row for which every other public change
    # waits.
    for signal in (signals.public_changed, signals.public_listing_changed):
        signal.connect(invalidate_stored_pages, dispatch_uid="wiring.invalidate_stored_pages")
    library.withdrawal_changed.connect(
        announce_media_change, dispatch_uid="wiring.announce_media_change"
    )
    # Permitted references between apps: the model with the form field, the role, the target model.
    references.allow_link(Article, Role.REPORTS, Honor)
    references.allow_link(Honor, Role.STATED_IN, Article)
    references.allow_link(Observation, Role.STATED_IN, Article)
    references.allow_link(CourtProfile, Role.STATED_IN, Article)
    references.allow_link(Person, Role.STATED_IN, Article)


def sync_public_media(
    sender: type, *, images: set[int], attachments: set[int], **kwargs: Any
) -> None:
    """Schedule the update of the public media folder after the commit."""
    media_sync.enqueue(images=images, attachments=attachments)


def update_media_index(sender: type, *, media_file: MediaFile, **kwargs: Any) -> None:
    """Remove the texts of a withdrawn image or file from the search index, or add them again."""
    index.on_media_withdrawn(media_file)


def column_search_scopes() -> list[scopes.SearchScope]:
    """Return the columns that contain articles, as filters for the results of the public search."""
    columns = list(Column.objects.with_articles().order_by(*NAVIGATION_ORDER))
    children = {
        column.pk: [each for each in columns if each.parent_id == column.pk] for column in columns
    }
    return [
        scopes.SearchScope(
            key=str(column.pk),
            name=localized(column, "name"),
            url=column.list_url,
            keys=tuple(str(each.pk) for each in (column, *children[column.pk])),
            is_child=column.parent_id is not None,
        )
        for column in columns
    ]


def announce_media_change(sender: type, *, media_file: MediaFile, **kwargs: Any) -> None:
    """Announce that a file was withdrawn or brought back, which may affect any page."""
    reason = "library.withdraw" if media_file.is_withdrawn else "library.reinstate"
    signals.public_listing_changed.send(
        sender=sender, reason=reason, forbid_stale=media_file.is_withdrawn
    )


def invalidate_stored_pages(sender: type, **kwargs: Any) -> None:
    """Invalidate all stored pages in the transaction of the change.

    Before the change is acknowledged to its user, this node updates its public media and then
    serves new pages. Unless the change only adds content (``forbid_stale`` is False), no copy of an
    older page may be served afterwards, not even while the database is unavailable.
    """
    generations.bump_generation(
        forbid_stale=kwargs.get("was_public", kwargs.get("forbid_stale", True))
    )
    if settings.PAGESTORE:
        # robust=True: an error here must not make the committed change look failed. The
        # GenerationWatcher of this node tries again.
        transaction.on_commit(lambda: sync.sync_store() and None, robust=True)
