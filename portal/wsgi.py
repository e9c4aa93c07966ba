"""The WSGI application that the server runs: Django, inside the page store if it is enabled."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

django_application = get_wsgi_application()

from portal.http.unread_body import UnreadBodyCloser  # noqa: E402
from portal.serving import build_page_store  # noqa: E402  (needs the apps to be loaded)

_store = build_page_store(django_application)
if _store is not None:
    _store.start()

application = UnreadBodyCloser(_store or django_application)
