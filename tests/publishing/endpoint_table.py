"""A table of the expected status of every URL of the site, for every user."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver

from portal.source_values.quantities import parse_quantity
from tests.publishing.actors import STAFF_LETTERS

SECRET = "尚未发布的题目甲乙丙"
#: Users who may read unreleased work; no response to another user may contain ``SECRET``.
READERS = "EFSLPA"
VISITORS = "EFSLPHWOAXNCDG"

# The columns: route#variant | object | status of GET | status of POST
#
# A cell contains a status and the letters of the users who get it (see ACTOR_LABELS; "*": all
# users, "staff": all who can sign in). Other staff get 403. Other visitors get a redirect to the
# sign-in page (302) for GET, and 403 for POST. "=": the same as for GET. "!": a response with
# status 200 must contain the secret.
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
== sign-in
admin/                                           |           | 200 staff             | =
admin/login/                                     |           | 302 staff, 200 CDG    | 302 *
admin/logout/                                    |           | 405 staff, 302 CDG | 200 staff, 302 *
admin/password_change/                           |           | 200 staff             | 302 staff
admin/password_change/done/                      |           | 200 staff             | 405 staff
admin/autocomplete/                              |           | 200 EFSLPA !          | 405 staff
admin/choosing/targets/                          |           | 200 EH                | =
admin/choosing/figures/                          |           | 200 EH                | =
admin/proposals/                                 |           | 200 EFSLPHA           | =
admin/proposals/new/<slug:kind>/<int:pk>/        | described | 200 EH                | 302 E, 422 H
admin/proposals/<int:pk>/                        | proposal  | 200 EFSLPA !          | =
admin/proposals/<int:pk>/<slug:step>/#approve    | proposal  | 405 EFSLPHA           | 302 F
admin/proposals/<int:pk>/<slug:step>/#return     | proposal  | 405 EFSLPHA           | 302 F
admin/proposals/<int:pk>/<slug:step>/#release    | proposal  | 405 EFSLPHA           | 403 staff
admin/proposals/<int:pk>/<slug:step>/#cancel     | proposal  | 405 EFSLPHA           | 302 E
admin/proposals/<int:pk>/<slug:step>/#nonsense   | proposal  | 405 EFSLPHA           | 404 EFSLPHA
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
admin/audit/entry/                               |           | 200 OA                | =
admin/audit/entry/add/                           |           | 403 staff             | =
admin/audit/entry/<path:object_id>/history/      | entry     | 200 OA                | =
admin/audit/entry/<path:object_id>/delete/       | entry     | 403 staff             | =
admin/audit/entry/<path:object_id>/change/       | entry     | 200 OA                | 403 staff
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
admin/library-files/clean-pasted/                |           | 405 *                 | 200 EFSLPHA
admin/library-files/browse/                      |           | 200 EFSLPHA, 403 D    | 405 *
admin/library-files/private/<path:signed>/       | file      | 200 EFSLPHA, 403 CDG  | 405 *
admin/library/image/                             |           | 200 EFSLPHA           | =
admin/library/image/add/                         |           | 200 EPH               | 302 EPH
admin/library/image/<path:object_id>/history/    | image     | 200 EFSLPHA           | =
admin/library/image/<path:object_id>/delete/     | image     | 403 staff             | =
admin/library/image/<path:object_id>/change/     | image     | 200 EFSLPHA           | 302 EPH
admin/library/image/<int:pk>/withdrawal/         | image     | 200 P                 | 302 P
admin/library/image/<path:object_id>/            | image     | 302 staff             | =
admin/library/attachment/                        |           | 200 EFSLPHA           | =
admin/library/attachment/add/                    |           | 200 EPH               | 302 EPH
admin/library/attachment/<path:object_id>/history/| attachment| 200 EFSLPHA          | =
admin/library/attachment/<int:pk>/clean/         | attachment| 405 staff             | 302 EPH
admin/library/attachment/<path:object_id>/delete/| attachment| 403 staff             | =
admin/library/attachment/<path:object_id>/change/| attachment| 200 EFSLPHA           | 302 EPH
admin/library/attachment/<int:pk>/withdrawal/    | attachment| 200 P                 | 302 P
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
== honours ledger
admin/honors/honor/export.csv                    |           | 200 EFSLPHA           | 405 EFSLPHA
admin/honors/honor/export.xlsx                   |           | 200 EFSLPHA           | 405 EFSLPHA
admin/honors/honor/print/                        |           | 200 EFSLPHA           | 405 EFSLPHA
admin/honors/honor/import/                       |           | 200 H                 | 302 H
admin/honors/honor/import/template.xlsx          |           | 200 H                 | =
admin/honors/honor/import/<int:number>/          | import    | 200 H                 | =
admin/honors/honor/import/<int:number>/found.xlsx| import    | 200 H                 | =
admin/honors/honor/import/<int:number>/confirm/  | import    | 302 H                 | 302 H
admin/honors/honor/import/<int:number>/discard/  | import    | 302 H                 | 302 H
== workflow
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

#: Models with one review: the users who read their unreleased work, the users who write it.
SINGLE_REVIEW_MODELS = """
honors.honor        EFSLPHA  H
court.courtprofile  EFSLPA   E
court.department    EFSLPA   E
court.person        EFSLPA   E
court.indicator     EFSLPA   E
court.observation   EFSLPA   E
"""
#: Admin pages of these models. R stands for the readers, W for the writers, V for all reviewers.
SINGLE_REVIEW_TABLE = """
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

#: The bulk actions of these models, and the users who may use them.
SINGLE_REVIEW_BULK_ACTIONS = """
submit_selected   W
approve_selected  FSL
release_selected  P
archive_selected  WP
"""
BULK_ACTIONS = """
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


#: The model that can have only one public row; actions on a second row are refused.
SINGLETON_MODEL = "court.courtprofile"


@dataclass(frozen=True)
class Endpoint:
    """One row of the table: the status that each user gets for one URL and one object."""

    section: str
    route: str
    variant: str
    object_name: str
    get: str
    post: str

    def __str__(self) -> str:
        return f"{self.route}#{self.variant}" if self.variant else self.route

    @property
    def writer(self) -> str:
        return "H" if self.section == "honors.honor" else "E"

    @property
    def readers(self) -> str:
        return READERS_OF_MODEL.get(self.section, READERS)

    def expected(self, method: str, letter: str) -> int:
        """Return the status that the user with this letter must get."""
        cell = self.get if method == "GET" or self.post == "=" else self.post
        for part in cell.replace("!", "").split(","):
            status, who = part.split()
            if letter in {"*": VISITORS, "staff": STAFF_LETTERS}.get(who, who):
                return int(status)
        return 302 if method == "GET" and letter not in STAFF_LETTERS else 403


def _article_endpoints() -> Iterator[Endpoint]:
    section = ""
    for text in TABLE.strip().splitlines():
        if text.startswith("=="):
            section = text.removeprefix("== ")
            continue
        address, *cells = (cell.strip() for cell in text.split("|"))
        route, _hash, variant = address.partition("#")
        yield Endpoint(section, route, variant, *cells)


def _single_review_endpoints() -> Iterator[Endpoint]:
    """Yield the rows of ``SINGLE_REVIEW_TABLE`` for each model with one review.

    The statuses for the court profile differ, because a second profile cannot be added.
    """
    for label, readers, writers in map(str.split, SINGLE_REVIEW_MODELS.strip().splitlines()):
        letters = str.maketrans({"R": readers, "W": writers, "V": "FSL"})
        for text in SINGLE_REVIEW_TABLE.strip().splitlines():
            address, object_name, *cells = (cell.strip() for cell in text.split("|"))
            route, _hash, variant = address.partition("#")
            get, post = (cell.translate(letters) for cell in cells)
            if label == SINGLETON_MODEL and route in {"admin/TYPE/add/", "admin/TYPE/autosave/"}:
                post = "403 staff"
                get = post if route.endswith("add/") else get
            if label == SINGLETON_MODEL and variant in {"submit", "release"}:
                post = post.replace("302", "422")
            path = route.replace("TYPE", label.replace(".", "/"))
            yield Endpoint(
                label, path, variant, f"{label} {object_name}" if object_name else "", get, post
            )


ENDPOINTS = [*_article_endpoints(), *_single_review_endpoints()]
READERS_OF_MODEL = dict(
    endpoint.split()[:2] for endpoint in SINGLE_REVIEW_MODELS.strip().splitlines()
)
#: Model -> function that returns the required fields of a complete object. The argument of the
#: function is the text that pages of the object show.
FIELDS_OF_MODEL: dict[str, Callable[[str], dict[str, Any]]] = {
    "honors.honor": lambda text: {
        "name": text,
        "levels": ("national",),
        "recipients": [{"kind": "court", "name": "", "count": ""}],
    },
    "court.courtprofile": lambda text: {"name": text},
    "court.department": lambda text: {"name": text},
    "court.person": lambda text: {"name": text},
    "court.indicator": lambda text: {"name": text},
    "court.observation": lambda text: {"value": parse_quantity(text), "remark": "照原文。"},
}
SECTIONS = list(dict.fromkeys(endpoint.section for endpoint in ENDPOINTS))


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Yield every route of the URL configuration.

    The pattern in Django's admin route that lists all app labels is removed.
    """
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield re.sub(r"\(\?P<app_label>[^)]*\)", "(?P<app_label>)", route)
        else:
            yield from routes(pattern, route)
