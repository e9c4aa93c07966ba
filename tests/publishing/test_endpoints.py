"""Every address of the site against everybody: who gets what, written by hand.

The addresses are read from the URL configuration: one that the table does not know fails, and so
does a line without an address. What must not leak is a title that nobody has released.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import PIL.Image
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from honors import importing
from honors.models import Honor
from news.models import Article, Topic, TopicEntry
from portal.accounts.models import User
from portal.audit.models import Entry
from portal.court.models import Indicator
from portal.letters.models import LetterSettings
from portal.library.actions import add_attachment
from portal.library.models import Attachment
from portal.publishing.models import Publishable
from portal.publishing.rules import Action
from portal.site.models import FriendlyLink, Redirect, SiteSettings
from portal.source_values.dates import parse_date
from portal.source_values.quantities import parse_quantity
from tests import factories
from tests.factories import Newsroom, Records
from tests.letters import build as letters
from tests.publishing.actors import ACTOR_LABELS, STAFF_LETTERS, make_actors
from tests.publishing.database_rows import all_rows, rolled_back
from tests.publishing.page_forms import HtmlForm

pytestmark = pytest.mark.django_db

SECRET = "尚未发布的题目甲乙丙"
#: Who reads work in progress, and whom no answer may show the secret.
READERS = "EFSLPA"
VISITORS = "EFSLPHWOAXNCDG"

# address#variant | the one it is asked for | GET | POST
#
# Cells: status, then who gets it (see LETTERS; * everybody, staff: all who may use the desk).
# Whoever is not named stands at the door: a colleague gets 403; a stranger is led to the sign-in
# page by GET (302) and gets it at once, with what he brought, by POST (403). "=": as GET. "!": the
# secret is shown here, to those who get 200.
TABLE = """
== public
#home                                            |           | 200 *                 | =
news/                                            |           | 200 *                 | =
news/<number:pk>/#live                           | live      | 200 *                 | =
news/<number:pk>/#draft                          | draft     | 404 *                 | =
news/<number:pk>/#in review                      | in_review | 404 *                 | =
news/<number:pk>/#scheduled                      | scheduled | 404 *                 | =
news/<number:pk>/#withdrawn                      | withdrawn | 410 *                 | =
news/<number:pk>/#archived                       | archived  | 404 *                 | =
news/<number:pk>/#none                           | none      | 404 *                 | =
honors/                                          |           | 200 *                 | =
honors/level/<slug:level>/                       | national  | 200 *                 | =
honors/level/<slug:level>/page/<number:number>/  | national  | 301 *                 | =
honors/year/<number:year>/                       | national  | 200 *                 | =
honors/year/<number:year>/page/<number:number>/  | national  | 301 *                 | =
honors/year/undated/                             |           | 404 *                 | =
honors/year/undated/page/<number:number>/        |           | 301 *                 | =
honors/<number:pk>/#live                         | national  | 200 *                 | =
honors/<number:pk>/#none                         | none      | 404 *                 | =
court/                                           |           | 404 *                 | =
court/leaders/                                   |           | 404 *                 | =
court/departments/                               |           | 404 *                 | =
court/judges/                                    |           | 404 *                 | =
court/contact/                                   |           | 404 *                 | =
data/                                            |           | 404 *                 | =
data/<number:pk>/                                | none      | 404 *                 | =
data/<number:pk>/page/<number:number>/#none      | none      | 404 *                 | =
data/<slug:dataset>.csv                          |           | 404 *                 | =
data/<slug:dataset>.json                         |           | 404 *                 | =
data/<slug:dataset>.csv-metadata.json            |           | 404 *                 | =
news/<slug:slug>/                                | column    | 200 *                 | =
news/<slug:slug>/page/<number:number>/#1         | column    | 301 *                 | =
news/<slug:slug>/page/<number:number>/#none      | column    | 404 *                 | =
topics/<slug:slug>/                              | topic     | 200 *                 | =
topics/<slug:slug>/#nothing public               | hidden    | 404 *                 | =
corrections/                                     |           | 200 *                 | =
feedback/                                        |           | 200 *                 | 303 *
feedback/receipt/                                |           | 410 *                 | 405 *
feedback/answer/                                 |           | 200 *                 | 200 *
search/                                          |           | 200 *                 | 405 *
site-map/                                        |           | 200 *                 | =
sitemap.xml                                      |           | 200 *                 | =
sitemap-<number:number>.xml                      |           | 404 *                 | =
robots.txt                                       |           | 200 *                 | =
favicon.ico                                      |           | 302 *                 | =
feeds/news.atom                                  |           | 200 *                 | =
feeds/news.rss                                   |           | 200 *                 | =
feeds/news.json                                  |           | 200 *                 | =
feeds/honors.atom                                |           | 200 *                 | =
feeds/<slug:slug>.atom                           | column    | 200 *                 | =
feeds/<slug:slug>.atom#none                      | none      | 404 *                 | =
media/<path:name>#private file                   | file      | 404 *                 | 405 *
healthz                                          |           | 200 *                 | =
readyz                                           |           | 200 *                 | =
== door
admin/                                           |           | 200 staff             | =
admin/login/                                     |           | 302 staff, 200 CDG    | 302 *
admin/logout/                                    |           | 405 staff, 302 CDG | 200 staff, 302 *
admin/password_change/                           |           | 200 staff             | 302 staff
admin/password_change/done/                      |           | 200 staff             | 405 staff
admin/autocomplete/                              |           | 200 EFSLPA !          | 405 staff
admin/choosing/targets/                          |           | 200 EH                | =
admin/choosing/figures/                          |           | 200 EH                | =
admin/understand/<slug:kind>/                    | kind      | 200 staff             | 405 staff
admin/jsi18n/                                    |           | 200 staff             | 405 staff
admin/r/<path:content_type_id>/<path:object_id>/ | draft     | 302 staff             | =
admin/^(?P<app_label>)/$#accounts                |           | 200 OA, 404 EFSLPHWXN | =
admin/^(?P<app_label>)/$#audit                   |           | 200 OA, 404 EFSLPHWXN | =
admin/^(?P<app_label>)/$#site                    |           | 200 WA, 404 EFSLPHOXN | =
admin/^(?P<app_label>)/$#library                 |           | 200 EFSLPHA, 404 WOXN | =
admin/^(?P<app_label>)/$#news                    |           | 200 EFSLPWA, 404 HOXN | =
admin/^(?P<app_label>)/$#honors                  |           | 200 EFSLPHA, 404 WOXN | =
admin/^(?P<app_label>)/$#court                   |           | 200 EFSLPA, 404 WHOXN | =
admin/^(?P<app_label>)/$#letters                 |           | 200 PWA, 404 EFSLHOXN | =
admin/(?P<url>.*)$                               |           | 404 staff             | =
== accounts, log, site
admin/accounts/user/                             |           | 200 OA                | =
admin/accounts/user/add/                         |           | 200 O                 | 302 O
admin/accounts/user/<id>/password/               | person    | 200 O                 | 302 O
admin/accounts/user/<path:object_id>/history/    | person    | 200 OA                | =
admin/accounts/user/<path:object_id>/delete/     | person    | 403 staff             | =
admin/accounts/user/<path:object_id>/change/     | person    | 200 OA                | 302 O
admin/accounts/user/<path:object_id>/            | person    | 302 staff             | =
admin/audit/entry/                               |           | 200 OA !              | =
admin/audit/entry/add/                           |           | 403 staff             | =
admin/audit/entry/<path:object_id>/history/      | entry     | 200 OA !              | =
admin/audit/entry/<path:object_id>/delete/       | entry     | 403 staff             | =
admin/audit/entry/<path:object_id>/change/       | entry     | 200 OA !              | 403 staff
admin/audit/entry/<path:object_id>/              | entry     | 302 staff             | =
admin/site/sitesettings/                         |           | 302 WA                | =
admin/site/sitesettings/add/                     |           | 403 staff             | =
admin/site/sitesettings/<path:object_id>/history/| settings  | 200 WA                | =
admin/site/sitesettings/<path:object_id>/delete/ | settings  | 403 staff             | =
admin/site/sitesettings/<path:object_id>/change/ | settings  | 200 WA                | 302 W
admin/site/sitesettings/<path:object_id>/        | settings  | 302 staff             | =
admin/site/friendlylink/                         |           | 200 WA                | 302 W
admin/site/friendlylink/add/                     |           | 200 W                 | 302 W
admin/site/friendlylink/<path:object_id>/history/| link      | 200 WA                | =
admin/site/friendlylink/<path:object_id>/delete/ | link      | 200 W                 | 302 W
admin/site/friendlylink/<path:object_id>/change/ | link      | 200 WA                | 302 W
admin/site/friendlylink/<path:object_id>/        | link      | 302 staff             | =
admin/site/redirect/                             |           | 200 WA                | =
admin/site/redirect/import/                      |           | 200 W                 | 200 W
admin/site/redirect/import/confirm/              |           | 302 W                 | 302 W
admin/site/redirect/export.csv                   |           | 200 WA                | 405 WA
admin/site/redirect/export.xlsx                  |           | 200 WA                | 405 WA
admin/site/redirect/add/                         |           | 200 W                 | 302 W
admin/site/redirect/<path:object_id>/history/    | redirect  | 200 WA                | =
admin/site/redirect/<path:object_id>/delete/     | redirect  | 200 W                 | 302 W
admin/site/redirect/<path:object_id>/change/     | redirect  | 200 WA                | 302 W
admin/site/redirect/<path:object_id>/            | redirect  | 302 staff             | =
== letters
admin/letters/letter/                            |           | 200 PW                | =
admin/letters/letter/add/                        |           | 403 staff             | =
admin/letters/letter/<path:object_id>/history/   | letter    | 302 PW                | =
admin/letters/letter/<path:object_id>/delete/    | letter    | 403 staff             | =
admin/letters/letter/<path:object_id>/change/    | letter    | 200 PW                | 302 PW
admin/letters/letter/<path:object_id>/           | letter    | 302 staff             | =
admin/letters/lettersettings/                    |           | 302 WA                | =
admin/letters/lettersettings/add/                |           | 403 staff             | =
admin/letters/lettersettings/<path:object_id>/history/| limits | 200 WA              | =
admin/letters/lettersettings/<path:object_id>/delete/ | limits | 403 staff           | =
admin/letters/lettersettings/<path:object_id>/change/ | limits | 200 WA              | 302 W
admin/letters/lettersettings/<path:object_id>/   | limits    | 302 staff             | =
== library
admin/library-files/upload/                      |           | 405 *                 | 200 EPH
admin/library-files/browse/                      |           | 200 EFSLPHA, 403 D    | 405 *
admin/library-files/private/<path:signed>/       | file      | 200 EFSLPHA, 403 CDG  | 405 *
admin/library/image/                             |           | 200 EFSLPHA           | =
admin/library/image/add/                         |           | 200 EPH               | 302 EPH
admin/library/image/<path:object_id>/history/    | image     | 200 EFSLPHA           | =
admin/library/image/<path:object_id>/delete/     | image     | 403 staff             | =
admin/library/image/<path:object_id>/change/     | image     | 200 EFSLPHA           | 302 EPH
admin/library/image/<path:object_id>/            | image     | 302 staff             | =
admin/library/attachment/                        |           | 200 EFSLPHA           | =
admin/library/attachment/add/                    |           | 200 EPH               | 302 EPH
admin/library/attachment/<path:object_id>/history/| attachment| 200 EFSLPHA          | =
admin/library/attachment/<path:object_id>/delete/| attachment| 403 staff             | =
admin/library/attachment/<path:object_id>/change/| attachment| 200 EFSLPHA           | 302 EPH
admin/library/attachment/<path:object_id>/       | attachment| 302 staff             | =
== newsroom
admin/news/column/                               |           | 200 EFSLPWA           | =
admin/news/column/add/                           |           | 200 W                 | 302 W
admin/news/column/<path:object_id>/history/      | column    | 200 EFSLPWA           | =
admin/news/column/<path:object_id>/delete/       | column    | 403 staff             | =
admin/news/column/<path:object_id>/change/       | column    | 200 EFSLPWA           | 302 W
admin/news/column/<path:object_id>/              | column    | 302 staff             | =
admin/news/topic/                                |           | 200 EFSLPWA           | =
admin/news/topic/add/                            |           | 200 P                 | 302 P
admin/news/topic/<path:object_id>/history/       | topic     | 200 EFSLPWA           | =
admin/news/topic/<path:object_id>/delete/        | topic     | 403 staff             | =
admin/news/topic/<path:object_id>/change/        | topic     | 200 EFSLPWA           | 302 P
admin/news/topic/<path:object_id>/               | topic     | 302 staff             | =
== ledger
admin/honors/honor/export.csv                    |           | 200 EFSLPHA           | 405 EFSLPHA
admin/honors/honor/export.xlsx                   |           | 200 EFSLPHA           | 405 EFSLPHA
admin/honors/honor/print/                        |           | 200 EFSLPHA           | 405 EFSLPHA
admin/honors/honor/import/                       |           | 200 H                 | 302 H
admin/honors/honor/import/template.xlsx          |           | 200 H                 | =
admin/honors/honor/import/<int:number>/          | import    | 200 H                 | =
admin/honors/honor/import/<int:number>/found.xlsx| import    | 200 H                 | =
admin/honors/honor/import/<int:number>/confirm/  | import    | 302 H                 | 302 H
admin/honors/honor/import/<int:number>/discard/  | import    | 302 H                 | 302 H
== press
admin/news/article/                              |           | 200 EFSLPA !          | =
admin/news/article/add/                          |           | 200 E                 | 302 E
admin/news/article/autosave/                     |           | 405 EFSLPA            | 200 E
admin/news/article/<slug:pk>/change/              | draft     | 200 EFSLPA !          | 302 E
admin/news/article/<slug:pk>/change/#in review    | in_review | 200 EFSLPA !          | 409 E
admin/news/article/<slug:pk>/change/#live         | live      | 200 EFSLPA !          | 302 E
admin/news/article/<slug:pk>/change/#none         | none      | 404 EFSLPA            | =
admin/news/article/<int:pk>/autosave/            | draft     | 405 EFSLPA            | 200 E
admin/news/article/<int:pk>/do/<slug:action_name>/#submit     | draft     | 302 EFSLPA | 302 E
admin/news/article/<int:pk>/do/<slug:action_name>/#recall     | in_review | 302 EFSLPA | 302 EP
admin/news/article/<int:pk>/do/<slug:action_name>/#approve    | in_review | 302 EFSLPA | 302 F
admin/news/article/<int:pk>/do/<slug:action_name>/#return     | in_review | 302 EFSLPA | 302 F
admin/news/article/<int:pk>/do/<slug:action_name>/#release    | approved  | 302 EFSLPA | 302 P
admin/news/article/<int:pk>/do/<slug:action_name>/#schedule   | approved  | 302 EFSLPA | 302 P
admin/news/article/<int:pk>/do/<slug:action_name>/#unschedule | scheduled | 302 EFSLPA | 302 P
admin/news/article/<int:pk>/do/<slug:action_name>/#withdraw   | live      | 302 EFSLPA | 302 P
admin/news/article/<int:pk>/do/<slug:action_name>/#reinstate  | withdrawn | 302 EFSLPA | 302 P
admin/news/article/<int:pk>/do/<slug:action_name>/#archive    | draft     | 302 EFSLPA | 302 EP
admin/news/article/<int:pk>/do/<slug:action_name>/#save       | draft     | 404 EFSLPA | =
admin/news/article/<int:pk>/do/<slug:action_name>/#restore    | draft     | 404 EFSLPA | =
admin/news/article/<int:pk>/do/<slug:action_name>/#correct    | live      | 404 EFSLPA | =
admin/news/article/<int:pk>/do/<slug:action_name>/#expire     | live      | 404 EFSLPA | =
admin/news/article/<int:pk>/do/<slug:action_name>/#import_released | draft | 404 EFSLPA | =
admin/news/article/<int:pk>/do/<slug:action_name>/#nonsense   | draft     | 404 EFSLPA | =
admin/news/article/<int:pk>/history/             | draft     | 200 EFSLPA !          | =
admin/news/article/<int:pk>/diff/                | live      | 200 EFSLPA !          | =
admin/news/article/<int:pk>/diff/#of another     | live      | 404 EFSLPA            | =
admin/news/article/<int:pk>/restore/             | draft     | 302 EFSLPA            | 302 E
admin/news/article/<int:pk>/restore/#of another  | draft     | 302 EFSLPA            | 404 E
admin/news/article/<int:pk>/approval-form/       | draft     | 200 EFSLPA !          | =
admin/news/article/<int:pk>/preview/             | draft     | 200 EFSLPA !          | =
admin/news/article/<int:pk>/preview/page/        | draft     | 200 EFSLPA !          | =
admin/news/article/<int:pk>/flags/               | live      | 302 EFSLPA            | 302 P
"""

#: The records of one review: who reads their work in progress, and who writes them.
RECORDS = """
honors.honor        EFSLPHA  H
court.courtprofile  EFSLPA   E
court.department    EFSLPA   E
court.person        EFSLPA   E
court.indicator     EFSLPA   E
court.observation   EFSLPA   E
"""
#: Their pages, as above. R: who reads, W: who writes, V: who gives the review (any reviewer).
RECORD_TABLE = """
admin/TYPE/                              |           | 200 R !          | =
admin/TYPE/add/                          |           | 200 W            | 302 W
admin/TYPE/autosave/                     |           | 405 R            | 200 W
admin/TYPE/<slug:pk>/change/             | draft     | 200 R !          | 302 W
admin/TYPE/<slug:pk>/change/#in review   | in_review | 200 R !          | 409 W
admin/TYPE/<slug:pk>/change/#live        | live      | 200 R !          | 302 W
admin/TYPE/<int:pk>/autosave/            | draft     | 405 R            | 200 W
admin/TYPE/<int:pk>/do/<slug:action_name>/#submit    | draft     | 302 R | 302 W
admin/TYPE/<int:pk>/do/<slug:action_name>/#recall    | in_review | 302 R | 302 WP
admin/TYPE/<int:pk>/do/<slug:action_name>/#approve   | in_review | 302 R | 302 V
admin/TYPE/<int:pk>/do/<slug:action_name>/#return    | in_review | 302 R | 302 V
admin/TYPE/<int:pk>/do/<slug:action_name>/#release   | approved  | 302 R | 302 P
admin/TYPE/<int:pk>/do/<slug:action_name>/#withdraw  | live      | 302 R | 302 P
admin/TYPE/<int:pk>/do/<slug:action_name>/#archive   | draft     | 302 R | 302 WP
admin/TYPE/<int:pk>/do/<slug:action_name>/#save      | draft     | 404 R | =
admin/TYPE/<int:pk>/history/             | draft     | 200 R !          | =
admin/TYPE/<int:pk>/diff/                | live      | 200 R !          | =
admin/TYPE/<int:pk>/restore/             | draft     | 302 R            | 302 W
admin/TYPE/<int:pk>/approval-form/       | draft     | 200 R !          | =
admin/TYPE/<int:pk>/preview/             | draft     | 200 R !          | =
admin/TYPE/<int:pk>/preview/page/        | draft     | 200 R !          | =
"""

#: Bulk actions: of which page, and who can carry them out.
RECORD_BULK = """
submit_selected   W
approve_selected  FSL
release_selected  P
archive_selected  WP
"""
BULK = """
news.article        submit_selected   E
news.article        release_selected  P
news.article        archive_selected  EP
news.article        pin               P
news.article        unpin             P
news.article        feature           P
news.article        unfeature         P
site.friendlylink   delete_selected   W
site.redirect       delete_selected   W
"""


#: Of this there is one that is public, and a second goes no way.
ONE_ALONE = "court.courtprofile"


@dataclass(frozen=True)
class Line:
    section: str
    route: str
    variant: str
    on: str
    get: str
    post: str

    def __str__(self) -> str:
        return f"{self.route}#{self.variant}" if self.variant else self.route

    @property
    def writer(self) -> str:
        return "H" if self.section == "honors.honor" else "E"

    @property
    def readers(self) -> str:
        return RECORD_READERS.get(self.section, READERS)

    def expected(self, method: str, letter: str) -> int:
        cell = self.get if method == "GET" or self.post == "=" else self.post
        for part in cell.replace("!", "").split(","):
            status, who = part.split()
            if letter in {"*": VISITORS, "staff": STAFF_LETTERS}.get(who, who):
                return int(status)
        return 302 if method == "GET" and letter not in STAFF_LETTERS else 403


def _lines() -> Iterator[Line]:
    section = ""
    for text in TABLE.strip().splitlines():
        if text.startswith("=="):
            section = text.removeprefix("== ")
            continue
        address, *cells = (cell.strip() for cell in text.split("|"))
        route, _hash, variant = address.partition("#")
        yield Line(section, route, variant, *cells)


def _record_lines() -> Iterator[Line]:
    """The lines of ``RECORD_TABLE`` for each type; a profile is added only where there is none."""
    for label, readers, writers in map(str.split, RECORDS.strip().splitlines()):
        letters = str.maketrans({"R": readers, "W": writers, "V": "FSL"})
        for text in RECORD_TABLE.strip().splitlines():
            address, on, *cells = (cell.strip() for cell in text.split("|"))
            route, _hash, variant = address.partition("#")
            get, post = (cell.translate(letters) for cell in cells)
            if label == ONE_ALONE and route in {"admin/TYPE/add/", "admin/TYPE/autosave/"}:
                post = "403 staff"
                get = post if route.endswith("add/") else get
            if label == ONE_ALONE and variant in {"submit", "release"}:
                post = post.replace("302", "422")
            path = route.replace("TYPE", label.replace(".", "/"))
            yield Line(label, path, variant, f"{label} {on}" if on else "", get, post)


LINES = [*_lines(), *_record_lines()]
RECORD_READERS = dict(line.split()[:2] for line in RECORDS.strip().splitlines())
#: What makes a record of each type whole, and where the secret stands in it.
RECORD_FIELDS: dict[str, Callable[[str], dict[str, Any]]] = {
    "honors.honor": lambda words: {
        "name": words,
        "levels": ("national",),
        "recipients": [{"kind": "court", "name": "", "count": ""}],
    },
    "court.courtprofile": lambda words: {"name": words},
    "court.department": lambda words: {"name": words},
    "court.person": lambda words: {"name": words},
    "court.indicator": lambda words: {"name": words},
    "court.observation": lambda words: {"value": parse_quantity(words), "remark": "照原文。"},
}
SECTIONS = list(dict.fromkeys(line.section for line in LINES))


def routes(resolver: URLResolver, above: str = "") -> Iterator[str]:
    """Every address of the site, as it is written; the list of apps shortened."""
    for pattern in resolver.url_patterns:
        here = above + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield re.sub(r"\(\?P<app_label>[^)]*\)", "(?P<app_label>)", here)
        else:
            yield from routes(pattern, here)


def test_the_table_knows_every_address() -> None:
    assert {line.route for line in LINES} == set(routes(get_resolver()))
    assert len({str(line) for line in LINES}) == len(LINES)


def test_every_name_of_the_press_is_one_of_them() -> None:
    """A page that a type of publishable adds has its own line, since every route has."""
    verbs = {line.variant for line in LINES if "action_name" in line.route}
    assert set(Action) <= verbs


# --- the house as it is asked -------------------------------------------------------------------


class House:
    """One of everything; the secret stands in all that is not public."""

    def __init__(self, *records: str) -> None:
        self.newsroom = newsroom = Newsroom()
        self.people = {k: v for k, v in make_actors(newsroom).items() if k != "Y"}
        self.image = factories.image(newsroom.editor, alt="图")
        row = {"image": self.image.pk, "alt": "图", "caption": "", "credit": ""}
        row |= {"focal_x": 50, "focal_y": 50}
        secret = {"title": SECRET, "body": f"<p>{SECRET}</p>", "pictures": [row]}
        live = newsroom.live(title="公开的题目")
        newsroom.save(live, **secret)
        live.refresh_from_db()
        self.objects: dict[str, Any] = {
            "draft": newsroom.draft(**secret).target,
            "in_review": newsroom.in_review(**secret).target,
            "approved": newsroom.approved(**secret).target,
            "scheduled": newsroom.scheduled(**secret).target,
            "live": live,
            "withdrawn": newsroom.withdrawn(**secret),
            "archived": newsroom.archived(**secret),
            "none": Article(pk=987_654),
            "column": newsroom.column,
            "image": self.image,
            "person": factories.user(username="somebody"),
            "settings": SiteSettings.objects.get_or_create(pk=1)[0],
            "link": FriendlyLink.objects.create(title="链接", url="https://a.example/"),
            "redirect": Redirect.objects.create(old_path="/old", new_path="/news/"),
            "attachment": attachment(newsroom.editor),
            "letter": letters.letter(),
            "limits": LetterSettings.objects.create(),
        }
        self.objects["topic"] = topic("both", live, *self.hidden())
        self.objects["hidden"] = topic("hidden", *self.hidden())
        self.objects["entry"] = Entry.objects.filter(
            object_id=str(self.objects["draft"].pk), action="workflow.save"
        ).latest("pk")
        self.clients = {letter: self.sign_in(letter) for letter in VISITORS}
        self.write_history()
        self.objects["national"] = Records(newsroom).live(
            Honor(), **RECORD_FIELDS["honors.honor"]("公开的荣誉"), awarded=parse_date("2018年")
        )
        self.objects["import"] = importing.upload(
            data=sheet().read(), name="台账.csv", by=self.people["H"]
        )
        for label in records:
            self.record(label)

    def record(self, label: str) -> None:
        """One of each state; of what is live, the work on it holds the secret."""
        records = Records(self.newsroom)
        records.honors = self.people["H"]
        secret, known = (RECORD_FIELDS[label](words) for words in (SECRET, "公开的"))
        if label == "court.observation":
            indicator = records.live(Indicator(), name="受理")
            secret, known = ({**each, "indicator": indicator.pk} for each in (secret, known))
        model = apps.get_model(label)
        for state in ("draft", "in_review", "approved"):
            self.objects[f"{label} {state}"] = getattr(records, state)(model(), **secret).target
        live = records.live(model(), **known)
        records.draft(live, **secret)
        self.objects[f"{label} live"] = model.objects.get(pk=live.pk)

    def write_history(self) -> None:
        """A publisher puts something unreleased into the topic: its history must not tell."""
        topic = self.objects["topic"]
        address = reverse("admin:news_topic_change", args=[topic.pk])
        page = self.clients["P"].get(address)
        entry = {"entries-5-article": str(self.objects["approved"].pk), "entries-TOTAL_FORMS": "6"}
        data = HtmlForm(page.content, "topic_form").data(**entry, _save="保存")
        assert self.clients["P"].post(address, data).status_code == 302
        assert topic.entries.count() == 6

    def hidden(self) -> list[Article]:
        return [self.objects[name] for name in ("draft", "scheduled", "withdrawn", "archived")]

    def sign_in(self, letter: str) -> Client:
        client = Client(raise_request_exception=False)
        person = self.people[letter]
        if isinstance(person, User):
            client.force_login(person)
        return client

    # --- addresses -----------------------------------------------------------------------------

    def address(self, line: Line) -> str:
        obj = self.objects.get(line.on)
        values = {
            "pk": obj and obj.pk,
            "id": obj and obj.pk,
            "object_id": obj and obj.pk,
            "content_type_id": ContentType.objects.get_for_model(Article).pk,
            "slug": getattr(obj, "slug", ""),
            "number": (
                obj.pk if line.on == "import" else {"1": 1, "none": 99}.get(line.variant, 1)
            ),
            "dataset": "cases",
            "level": "national",
            "year": 2018,
            "kind": "date",
            "action_name": line.variant,
            "app_label": line.variant,
            "url": "nothing-of-the-kind/",
            "name": self.image.public_file_names[0],
            "signed": self.image.thumbnail_url.rpartition("/private/")[2].rstrip("/"),
        }
        path = re.sub(
            r"<(?:\w+:)?(\w+)>",
            lambda m: str(values[m[1]]),
            re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", line.route),
        )
        query = {
            "admin/choosing/targets/": "app_label=news&model_name=article",
            "admin/autocomplete/": "term=&app_label=news&model_name=topicentry&field_name=article",
            "admin/news/article/<int:pk>/diff/": (
                f"from=r{self.objects['draft'].open_revision.pk}" if line.variant else ""
            ),
        }.get(line.route, "")
        return f"/{path.replace('^', '').replace('$', '')}" + (f"?{query}" if query else "")

    # --- what is posted: always such that nothing but the person can be objected to ---------------

    def posted(self, line: Line) -> Callable[[], dict[str, Any]]:
        if line.post == "=" or line.post.startswith(("405", "403 staff")):
            return dict
        own: dict[str, Callable[[], Any]] = {
            "feedback/": lambda: urlencode(letters.form()),
            "feedback/answer/": lambda: urlencode({"number": self.objects["letter"].receipt}),
            "admin/login/": lambda: {"username": "editor", "password": factories.PASSWORD},
            "admin/password_change/": lambda: {
                "old_password": factories.PASSWORD,
                "new_password1": "Another-horse-7",
                "new_password2": "Another-horse-7",
            },
            "admin/library-files/upload/": lambda: {"upload": picture()},
            "admin/library/image/add/": lambda: {"upload": picture(), "alt": "图"},
            "admin/library/attachment/add/": lambda: {"upload": document()},
            "admin/honors/honor/import/": lambda: {"file": sheet()},
            "admin/site/redirect/import/": lambda: {"file": moved()},
            "admin/site/redirect/import/confirm/": dict,
            "admin/honors/honor/import/<int:number>/confirm/": dict,
            "admin/honors/honor/import/<int:number>/discard/": dict,
            "admin/news/article/<int:pk>/flags/": lambda: {"pinned": "on"},
        }
        if line.route in own:
            return own[line.route]
        if match := re.fullmatch(r"(admin/\w+/\w+/)(<int:pk>/)?autosave/", line.route):
            page = f"{match[1]}<slug:pk>/change/" if match[2] else f"{match[1]}add/"
            return partial(self.page_form, page, "content-form", line.on, line.writer)
        if line.route.endswith("/<int:pk>/restore/"):
            return partial(self.restoring, line)
        if "<slug:action_name>" in line.route:
            return partial(self.deciding, line)
        if line.route.endswith("/delete/"):
            return lambda: {"post": "yes"}
        if line.variant == "in review":
            # A page that was opened while the text was still a draft.
            draft = line.on.replace("in_review", "draft")
            return partial(self.page_form, line.route, "content-form", draft, line.writer)
        if line.section in {"press", *RECORD_READERS}:
            return partial(self.page_form, line.route, "content-form", line.on, line.writer)
        if match := re.match(r"admin/\w+/(\w+)/", line.route):
            who = line.post.split()[1][0]
            name = "changelist-form" if line.route.count("/") == 3 else f"{match[1]}_form"
            if who in STAFF_LETTERS and line.post != "403 staff":
                return partial(self.page_form, line.route, name, line.on, who)
        return dict

    def page_form(self, route: str, name: str, on: str, who: str) -> dict[str, Any]:
        """The page's own form, as its owner would send it, with what is required filled in."""
        line = next(each for each in LINES if each.route == route and each.on == on)
        page = self.clients[who].get(self.address(line))
        assert page.status_code == 200, line
        filled = {
            "user/add": {
                "username": "newcomer",
                "full_name": "新人",
                "password1": "Another-horse-7",
                "password2": "Another-horse-7",
            },
            "<id>/password": {"password1": "Another-horse-7", "password2": "Another-horse-7"},
            "friendlylink/add": {"title": "新链接", "url": "https://b.example/"},
            "redirect/add": {"old_path": "/older", "new_path": "/news/"},
            "letter/<path:object_id>/change": {"_take": "1"},
            "column/add": {"name": "新栏目", "slug": "new-column"},
            "topic/add": {"name": "新专题", "slug": "new-topic"},
            "article/add": {"title": "新稿", "source": "本院"},
            "honor/add": {"name": "新荣誉"},
            "department/add": {"name": "新部门"},
            "person/add": {"name": "新人"},
            "indicator/add": {"name": "新指标"},
            "observation/add": {"remark": "新数据"},
            "<slug:pk>/change": {"author": "某人"},
        }
        changes = next((value for key, value in filled.items() if f"{key}/" in route), {})
        extra = {"_save": "保存"} if name != "content-form" else {}
        return HtmlForm(page.content, name).data(**changes, **extra)

    def deciding(self, line: Line) -> dict[str, Any]:
        revision = self.objects[line.on].open_revision
        later = timezone.localtime() + timezone.timedelta(days=2)
        return {
            "digest": revision.digest if revision else "",
            "reviewed": "on",
            "proofread": "on",
            "comment": "请核对。",
            "reason": "信息有误。",
            "at": later.strftime("%Y-%m-%dT%H:%M"),
        }

    def restoring(self, line: Line) -> dict[str, Any]:
        article = self.objects[line.on]
        source = self.objects["live"] if line.variant else article
        revision = article.open_revision
        return {
            "version": f"r{source.newest_revision.pk}",
            "token": f"{revision.pk}.{revision.version}",
        }


def topic(slug: str, *articles: Article) -> Topic:
    made = Topic.objects.create(name=f"专题{slug}", slug=slug)
    TopicEntry.objects.bulk_create(TopicEntry(topic=made, article=each) for each in articles)
    return made


def document() -> SimpleUploadedFile:
    data = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    return SimpleUploadedFile("附件.pdf", data, "application/pdf")


def sheet() -> SimpleUploadedFile:
    data = "名称,级别,获得者\n新的荣誉,院级,本院\n".encode()
    return SimpleUploadedFile("台账.csv", data, "text/csv")


def moved() -> SimpleUploadedFile:
    return SimpleUploadedFile("旧址.csv", "旧地址,新地址\n/a.php,/news/\n".encode(), "text/csv")


def attachment(by: User) -> Attachment:
    return add_attachment(file=document(), by=by)


def picture() -> SimpleUploadedFile:
    data = BytesIO()
    PIL.Image.new("RGB", (20, 20), (1, 2, 3)).save(data, "PNG")
    return SimpleUploadedFile("图.png", data.getvalue(), "image/png")


# --- everybody, everywhere ----------------------------------------------------------------------


@pytest.mark.parametrize("section", SECTIONS)
def test_each_address_by_everybody(section: str) -> None:
    house = House(*({section} & set(RECORD_READERS)))
    wrong = []
    for line in (line for line in LINES if line.section == section):
        address, body = house.address(line), house.posted(line)
        for letter in VISITORS:
            for method in ("GET", "POST"):
                with rolled_back():
                    wrong += knock(house, line, letter, method, address, body)
    assert not wrong


ROOMS = ("publishing", "news", "honors", "court", "library", "site", "accounts", "letters")


def knock(
    house: House, line: Line, letter: str, method: str, address: str, body: Callable
) -> list[str]:
    client = house.clients[letter]
    cookies = client.cookies.copy()
    data = body() if method == "POST" else None
    expected = line.expected(method, letter)
    refused = method == "POST" and expected in {403, 404, 405, 409}
    before = all_rows(*ROOMS) if refused else None
    # The public forms are sent as a browser sends them, and nothing else is taken.
    kind = {"content_type": "application/x-www-form-urlencoded"} if isinstance(data, str) else {}
    response = client.post(address, data, **kind) if method == "POST" else client.get(address)
    client.cookies = cookies
    page = response.getvalue() if response.streaming else response.content
    if file := getattr(response, "file_to_stream", None):
        file.close()
    text = page.decode(errors="replace")
    found = []
    if response.status_code != expected:
        found.append(f"{response.status_code}, not {expected}")
    if before is not None and changed_since(before):
        found.append("changed something")
    if response.status_code in {301, 302} and letter not in STAFF_LETTERS and expected == 302:
        at_door = reverse("admin:login") in response.headers["Location"]
        own_business = line.route in {"admin/login/", "admin/logout/", "favicon.ico"}
        if not (at_door or own_business):
            found.append(f"led to {response.headers['Location']}")
    spellings = SECRET, SECRET.encode("unicode_escape").decode(), quote(SECRET)
    shown = any(each.casefold() in f"{text} {response.headers}".casefold() for each in spellings)
    # The log names what it is about; who reads it is decided above.
    allowed = letter in line.readers or (
        line.route.startswith("admin/audit/entry/") and letter in "OA"
    )
    # Who brought the secret along himself may see it again.
    brought = SECRET in str(data)
    if shown and not (allowed or brought):
        found.append("shows the secret")
    if method == "GET" and "!" in line.get and response.status_code == 200 and not shown:
        found.append("does not show what it should")
    return [f"{method} {line} by {ACTOR_LABELS[letter]}: {what}" for what in found]


def changed_since(before: dict[str, list]) -> bool:
    """Whether anything is otherwise now; that somebody was refused may stand in the log."""
    now = all_rows(*ROOMS)
    ((last,),), _ = before["log"], now.pop("log")
    done = Entry.objects.filter(pk__gt=last).exclude(result="refused")
    return done.exists() or now != {key: rows for key, rows in before.items() if key != "log"}


def test_public_pages_hold_nothing_of_it_for_anybody() -> None:
    house = House()
    for line in (line for line in LINES if line.section == "public"):
        for letter in VISITORS:
            response = house.clients[letter].get(house.address(line))
            page = response.getvalue() if response.streaming else response.content
            assert SECRET not in page.decode(), f"{line} by {ACTOR_LABELS[letter]}"


def test_public_pages_of_the_records_hold_nothing_of_it_for_anybody() -> None:
    """The court's pages and the figures', while there is something public on them."""
    house = House(*RECORD_READERS)
    figure = house.objects["court.observation live"]
    addresses = ["/", "/honors/", "/court/", "/data/", f"/data/{figure.indicator_id}/"]
    addresses += [f"/data/cases.{kind}" for kind in ("csv", "json", "csv-metadata.json")]
    addresses += ["/honors/level/national/", "/honors/year/2018/", "/court/departments/"]
    for address in addresses:
        for letter in VISITORS:
            response = house.clients[letter].get(address)
            assert response.status_code == 200, address
            assert SECRET not in response.getvalue().decode(), (
                f"{address} by {ACTOR_LABELS[letter]}"
            )


def test_nothing_is_changed_without_a_token() -> None:
    """Cross-site posts: whoever is allowed to do it, does not do it by somebody else's page."""
    house = House(*RECORD_READERS)
    for line in LINES:
        if line.post == "=" or not line.route.startswith("admin/"):
            continue
        who = next((x for x in STAFF_LETTERS if line.expected("POST", x) in {200, 302}), None)
        if who is None or line.route == "admin/logout/":
            continue
        client = Client(enforce_csrf_checks=True)
        client.force_login(house.people[who])
        before = all_rows(*ROOMS)
        response = client.post(house.address(line), house.posted(line)())
        assert response.status_code == 403, line
        assert not changed_since(before), line


# --- bulk actions -------------------------------------------------------------------------------


def test_every_bulk_action_by_everybody() -> None:
    house = House(*RECORD_READERS)
    table = {(model, name): who for model, name, who in map(str.split, BULK.strip().splitlines())}
    for label, _readers, writers in map(str.split, RECORDS.strip().splitlines()):
        for name, who in map(str.split, RECORD_BULK.strip().splitlines()):
            blocked = label == ONE_ALONE and name in {"submit_selected", "release_selected"}
            table[label, name] = "" if blocked else who.replace("W", writers)
    known = set()
    for model, desk in admin.site._registry.items():
        for letter in STAFF_LETTERS:
            request = request_of(house.people[letter])
            for name in desk.get_actions(request):
                known.add((model._meta.label_lower, name))
                who = table[model._meta.label_lower, name]
                assert letter in who or not who, (model, name, letter)
    assert known == set(table)
    chosen = {
        "submit_selected": "draft",
        "release_selected": "approved",
        "archive_selected": "draft",
        "approve_selected": "in_review",
        "delete_selected": "",
    }
    Article.objects.filter(pk=house.objects["live"].pk).update(pinned=True, featured=True)
    other = house.newsroom.live()
    for (label, name), who in table.items():
        state = chosen.get(name) or "live"
        on = {"news.article": state, "site.friendlylink": "link", "site.redirect": "redirect"}
        obj = house.objects[on.get(label, f"{label} {state}")]
        if name in {"pin", "feature"}:
            obj = other
        address = reverse(f"admin:{label.replace('.', '_')}_changelist")
        for letter in VISITORS:
            with rolled_back():
                before = all_rows(*ROOMS)
                data = {"action": name, "_selected_action": [obj.pk], "post": "yes"}
                if name == "approve_selected":
                    digest = obj.open_revision.digest
                    data |= {"reviewed": "on", "proofread": "on", f"digest-{obj.pk}": digest}
                response = house.clients[letter].post(address, data)
                assert response.status_code in {200, 302, 403}
                assert changed_since(before) == (letter in who), (label, name, letter)
                if letter not in RECORD_READERS.get(label, READERS):
                    assert SECRET not in response.content.decode()


def request_of(person: Any) -> Any:
    request = RequestFactory().get("/admin/")
    request.user = person
    return request


def test_nobody_deletes_what_the_press_keeps() -> None:
    house = House()
    for model, desk in admin.site._registry.items():
        if issubclass(model, Publishable):
            for letter in STAFF_LETTERS:
                assert not desk.has_delete_permission(request_of(house.people[letter]))


def test_the_old_log_of_the_admin_has_no_pages() -> None:
    assert LogEntry not in admin.site._registry
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
