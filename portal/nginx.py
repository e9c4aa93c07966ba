"""Generation of nginx's configuration from the code and settings of the application.

The templates are in ``deploy/nginx``. They get the security headers, the paths that are never
stored, the content types of stored files and the site's host names from the code, so that nginx and
Django cannot disagree.
"""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template import Context, Engine, loader
from django.utils import translation

from portal.http import media_types
from portal.library.views import MEDIA_CACHE
from portal.pagestore.middleware import RETRY_AFTER_SECONDS
from portal.pagestore.paths import NEVER_STORED
from portal.web.headers import CACHE_CONTROL, page_headers
from portal.web.languages import ENGLISH, PREFIX

TEMPLATES = settings.BASE_DIR / "deploy" / "nginx"
#: The folder in which certbot writes its challenge files.
ACME_ROOT = "/var/www/html"
BROTLI_MODULE = "ngx_http_brotli_static_module.so"
MODULE_FOLDERS = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/etc/nginx/modules")

#: Path prefixes of stored pages with the language of these pages.
PAGE_LANGUAGES = (("/", settings.LANGUAGE_CODE), (PREFIX, ENGLISH))
#: Kinds of stored files: the pattern of their paths, the named location for their fallback copies,
#: and their content type. nginx derives a content type from the last suffix only, so two kinds of
#: JSON need separate locations.
FILE_KINDS = (
    {"match": "", "fallback": "@fallback", "type": ""},
    {
        "match": r"~ /feeds/.*\.json$",
        "fallback": "@fallback_feed",
        "type": media_types.JSON_FEED,
    },
    {
        "match": r"~ \.csv-metadata\.json$",
        "fallback": "@fallback_metadata",
        "type": media_types.CSVW_METADATA,
    },
)
#: Path prefixes for which the template itself contains a location.
TEMPLATE_PREFIXES = ("/admin/", "/static/", "/media/")
PROBES = ("/healthz", "/readyz")
#: Health checks that query the database and that the public must not request.
DATABASE_PROBES = ("/readyz",)
#: Paths with a limit on the requests per second from one IP address.
RATE_LIMITED = ("/search/", "/en/search/")
#: Pages with a form, which are never compressed: an attacker could guess the CSRF token from the
#: size of a compressed response that contains a reader's input (BREACH).
FORM_PATHS = ("/feedback/", "/en/feedback/")

HSTS = "Strict-Transport-Security"

_SAFE_WORD = re.compile(r"[\w./:@*\[\]-]+", re.ASCII)


@dataclass(frozen=True)
class Site:
    """The properties of one machine that the configuration depends on.

    If the folder ``standalone`` is set, the configuration is that of a complete nginx, for tests
    and measurements. Otherwise it is included in the ``http`` block of the machine's nginx.
    """

    names: Sequence[str]
    var: Path
    upstreams: Sequence[str] = ("127.0.0.1:8000",)
    listen: Sequence[str] = ("80", "[::]:80")
    listen_tls: Sequence[str] = ("443", "[::]:443")
    certificate: str = ""
    key: str = ""
    #: IP addresses or networks of a load balancer that terminates TLS.
    behind: Sequence[str] = ()
    #: The path of nginx's brotli module; "" if the machine has no such module.
    brotli: str = ""
    #: Host and port of a second nginx that serves media files from network storage; "" if the
    #: first nginx serves them.
    media: str = ""
    standalone: Path | None = None
    workers: int = 1
    access_log: bool = True

    @property
    def has_tls(self) -> bool:
        """Whether this nginx terminates TLS."""
        return not (self.behind or self.standalone)

    def words(self) -> list[str]:
        """Return all values that the templates write into the configuration without quotes."""
        words = [*self.names, *self.upstreams, *self.listen, *self.listen_tls, *self.behind]
        words += [str(self.var), self.certificate, self.key, self.brotli, self.media]
        return [*words, str(self.standalone or "")]


def configuration(site: Site) -> str:
    """Return the text of the configuration.

    Raises ``ValueError`` for a value with characters that have a meaning in nginx's syntax.
    """
    _check(site)
    text = _render("portal.conf.template", _context(site))
    if site.standalone:
        context = {
            "user": pwd.getpwuid(0).pw_name if os.geteuid() == 0 else "",
            "folder": site.standalone,
            "site": text,
            "brotli": site.brotli,
            "workers": site.workers,
            "access_log": site.access_log,
        }
        text = _render("standalone.conf.template", context)
    return text


def media_configuration(site: Site) -> str:
    """Return the complete configuration of the second nginx, which listens at ``site.media``.

    Only this second nginx opens media files, so that pages are served even if the network storage
    hangs. Raises ``ValueError`` as ``configuration`` does.
    """
    _check(site)
    return _render("media.conf.template", _context(site))


def _check(site: Site) -> None:
    for word in site.words():
        if word and not _SAFE_WORD.fullmatch(word):
            raise ValueError(f"This can't stand in a configuration of nginx: {word!r}")


def brotli_module() -> str:
    """Return the path of nginx's brotli module on this machine; "" if there is none."""
    found = (Path(folder) / BROTLI_MODULE for folder in MODULE_FOLDERS)
    return str(next((path for path in found if path.exists()), ""))


def unavailable_page_path() -> Path:
    """Return the path of the page that nginx serves if Django is down and no copy is stored."""
    return Path(settings.VAR_DIR) / "down" / "503.html"


def write_unavailable_page() -> None:
    """Write the page of ``unavailable_page_path``; nginx inserts the current time (SSI)."""
    with translation.override(settings.LANGUAGE_CODE):
        text = loader.get_template("down.html").render()
    path = unavailable_page_path()
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text.lstrip(), encoding="utf-8")
    os.replace(temporary, path)


def _context(site: Site) -> dict[str, Any]:
    """Return the context of the configuration templates for this machine."""
    headers = [
        (name, value, name.lower().replace("-", "_")) for name, value in page_headers().items()
    ]
    # For Django and for nginx, a leading dot means the host name and its subdomains.
    certificates = f"/etc/letsencrypt/live/{site.names[0].removeprefix('.')}"
    return {
        "acme": ACME_ROOT,
        "behind": site.behind,
        "brotli": bool(site.brotli),
        "certificate": site.certificate or f"{certificates}/fullchain.pem",
        "forms": FORM_PATHS,
        "headers": headers,
        "hsts": HSTS,
        "database_probes": DATABASE_PROBES,
        "key": site.key or f"{certificates}/privkey.pem",
        "kinds": FILE_KINDS,
        "language": settings.LANGUAGE_CODE,
        # There is no limit in tests and measurements, which send requests without a pause.
        "limited": () if site.standalone else RATE_LIMITED,
        "listen": site.listen,
        "listen_tls": site.listen_tls,
        "media": site.media,
        "media_cache": MEDIA_CACHE,
        "names": site.names,
        "never": [path for path in NEVER_STORED if path not in (*TEMPLATE_PREFIXES, *PROBES)],
        "page_cache": CACHE_CONTROL,
        "pages": PAGE_LANGUAGES,
        # Responses over plain HTTP must not have the HSTS header (RFC 6797, 7.2).
        "plain_headers": [each for each in headers if each[0] != HSTS],
        "probes": PROBES,
        "retry_after": RETRY_AFTER_SECONDS,
        "standalone": site.standalone,
        "tls": site.has_tls,
        "upstreams": site.upstreams,
        "var": site.var,
    }


def _render(name: str, context: dict[str, Any]) -> str:
    engine = Engine(dirs=[str(TEMPLATES)], autoescape=False)
    text = engine.get_template(name).render(Context(context, autoescape=False))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
