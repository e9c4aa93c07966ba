"""All that joins the rooms: what follows a public change, and which links lead across."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Model

from honors.models import Honor
from news.models import Article, Column
from news.querysets import IN_ORDER
from portal.accounts import signals as accounts
from portal.court.models import CourtProfile, Observation, Person
from portal.library import media_sync
from portal.library import signals as library
from portal.library.models import MediaFile
from portal.pagestore import generations, sync
from portal.publishing import references, signals
from portal.publishing.admin import PublishableAdmin
from portal.publishing.references import Role
from portal.search import index, scopes, staff_search
from portal.web.languages import localized


def connect_signals() -> None:
    """Called once, when the house is complete."""
    signals.public_changed.connect(sync_public_media, dispatch_uid="wiring.sync_public_media")
    signals.public_changed.connect(index.on_public_changed, dispatch_uid="wiring.search_public")
    signals.draft_saved.connect(index.on_work_saved, dispatch_uid="wiring.search_work")
    library.hidden_changed.connect(
        update_hidden_media_index, dispatch_uid="wiring.update_hidden_media_index"
    )
    PublishableAdmin.word_search = staff_search.find_matching_ids
    scopes.register(column_search_places)
    # The last to hear: it locks a row that every change of something public waits for.
    for signal in (signals.public_changed, signals.public_listing_changed):
        signal.connect(invalidate_stored_pages, dispatch_uid="wiring.invalidate_stored_pages")
    library.hidden_changed.connect(
        announce_medium_change, dispatch_uid="wiring.announce_medium_change"
    )
    library.description_changed.connect(
        announce_name_change, dispatch_uid="wiring.announce_name_change"
    )
    accounts.user_renamed.connect(announce_name_change, dispatch_uid="wiring.announce_name_change")
    # Links across rooms: whose desk offers them, in which role, and where they lead.
    references.allow_link(Article, Role.REPORTS, Honor)
    references.allow_link(Honor, Role.STATED_IN, Article)
    references.allow_link(Observation, Role.STATED_IN, Article)
    references.allow_link(CourtProfile, Role.STATED_IN, Article)
    references.allow_link(Person, Role.STATED_IN, Article)


def sync_public_media(
    sender: type, *, images: set[int], attachments: set[int], **kwargs: Any
) -> None:
    """The public folder follows after the commit."""
    media_sync.enqueue(images=images, attachments=attachments)


def update_hidden_media_index(sender: type, *, media_file: MediaFile, **kwargs: Any) -> None:
    """What a hidden picture or file says is no longer found."""
    index.on_media_hidden(media_file)


def column_search_places() -> list[scopes.SearchScope]:
    """The columns to which a reader narrows a search: those that hold something."""
    shown = list(Column.objects.with_articles().order_by(*IN_ORDER))
    below = {column.pk: [each for each in shown if each.parent_id == column.pk] for column in shown}
    return [
        scopes.SearchScope(
            key=str(column.pk),
            name=localized(column, "name"),
            url=column.list_url,
            keys=tuple(str(each.pk) for each in (column, *below[column.pk])),
            is_child=column.parent_id is not None,
        )
        for column in shown
    ]


def announce_medium_change(sender: type, *, media_file: MediaFile, **kwargs: Any) -> None:
    """A picture or file that is hidden, or shown again, is on every page that uses it."""
    reason = "library.hide" if media_file.hidden else "library.show"
    signals.public_listing_changed.send(
        sender=sender, reason=reason, forbid_stale=media_file.hidden
    )


def announce_name_change(sender: type[Model], **kwargs: Any) -> None:
    """A file's name and a reviewer's stand on the pages of articles."""
    signals.public_listing_changed.send(sender=sender, reason=f"{sender._meta.label_lower}.name")


def invalidate_stored_pages(sender: type, **kwargs: Any) -> None:
    """Every stored page is turned over, in the transaction of the change; this node shows it
    before the change is acknowledged, after the media that it shows.

    Only something new takes nothing back (``takes_back``): what was public before is withdrawn, or
    says something else now, and no copy of it may be shown any more.
    """
    generations.bump_generation(
        forbid_stale=kwargs.get("was_public", kwargs.get("forbid_stale", True))
    )
    if settings.PAGESTORE:
        # Robust: the follower tries again, and what is committed must not look as if it were not.
        transaction.on_commit(lambda: sync.sync_store() and None, robust=True)
