"""The Atom feed of honours: the most recently published ones, whatever their date of award."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.http import media_types
from portal.library.renditions import largest_jpeg_size, largest_jpeg_url
from portal.publishing.public import visible_pictures
from portal.site.models import SiteSettings
from portal.web import feeds
from portal.web.feeds import MAX_ENTRIES, Entry, EntryImage, Feed
from portal.web.languages import ENGLISH, is_english, localized

from .models import Honor


def atom(request: HttpRequest) -> HttpResponse:
    """Return the Atom feed; raise Http404 if there is no public honour."""
    rows = Honor.objects.public().order_by("-published_at", "-pk")[:MAX_ENTRIES]
    entries = [_entry(honor) for honor in rows.prefetch_related("picture_rows__image")]
    if not entries:
        raise Http404
    site = SiteSettings.load()
    name = _("Honour wall")
    title = " - ".join(filter(None, (name, localized(site, "name"))))
    return feeds.atom(Feed(title, reverse("honors:wall"), name, entries), site, request.path)


def _entry(honor: Honor) -> Entry:
    values = (
        honor.level_label,
        localized(honor, "awarding_body"),
        honor.plaque_date,
        honor.recipients_named,
    )
    facts = [str(each) for each in values if each]
    return Entry(
        path=honor.get_absolute_url(),
        title=localized(honor, "name"),
        language=ENGLISH if is_english() and honor.name_en else settings.LANGUAGE_CODE,
        summary="，".join(facts),
        published=cast(datetime, honor.published_at),
        updated=cast(datetime, honor.released_at),
        author="",
        categories=[label for _level, label in honor.level_labels],
        picture=_picture(honor),
    )


def _picture(honor: Honor) -> EntryImage | None:
    for row in visible_pictures(honor)[:1]:
        return EntryImage(
            largest_jpeg_url(row.image), largest_jpeg_size(row.image), media_types.JPEG
        )
    return None
