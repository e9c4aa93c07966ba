"""The URL configuration with additional URLs that raise errors, which the real handlers handle."""

from __future__ import annotations

import errno
import re
from typing import NoReturn

from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.urls import path

from portal.letters.form_guard import PostData, public_form
from portal.letters.views import preserve_input
from portal.urls import handler404, handler500, urlpatterns

__all__ = ["handler404", "handler500", "urlpatterns"]

FAULTS: dict[str, Exception] = {
    "400": BadRequest(),
    "403": PermissionDenied(),
    "500": RuntimeError("raised on purpose"),
    "503": OperationalError("raised on purpose"),
    "507": OSError(errno.ENOSPC, "raised on purpose"),
}


def fails(request: HttpRequest, fault: str) -> NoReturn:
    raise FAULTS[fault]


@public_form
@preserve_input
def fail_on_database(request: HttpRequest, posted: PostData | None) -> HttpResponse:
    """Raise a database error in a view of the public form."""
    raise FAULTS["503"]


def down(request: HttpRequest) -> HttpResponse:
    """Return the page that nginx serves while Django is down.

    It displays a fixed time, where nginx would insert the current time.
    """
    page = loader.get_template("down.html").render()
    page = re.sub(r"<!--#echo[^>]*-->", "2026-07-08 09:00+0800", page)
    return HttpResponse(re.sub(r"<!--#config[^>]*-->", "", page), status=503)


urlpatterns = [
    *(path(f"broken/{fault}/", fails, {"fault": fault}) for fault in FAULTS),
    path("broken/away/", fail_on_database),
    path("broken/down/", down),
    *urlpatterns,
]
