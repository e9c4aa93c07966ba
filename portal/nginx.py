"""nginx before the portal: its configuration, made from what the application itself knows.

The template stands in ``deploy/nginx``; the security headers, what is never stored, the types of
stored files and the site's names come from the code and its settings, so that disk and
application cannot disagree.
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

from portal.library.views import MEDIA_CACHE
from portal.pagestore.middleware import RETRY_AFTER_SECONDS
from portal.pagestore.paths import NEVER_STORED
from portal.web.headers import CACHE_CONTROL, page_headers
from portal.web.languages import ENGLISH, PREFIX

TEMPLATES = settings.BASE_DIR / "deploy" / "nginx"
#: Where certbot leaves its proof, also before this configuration is in place.
ACME = "/var/www/html"
BROTLI = "ngx_http_brotli_static_module.so"
MODULES = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/etc/nginx/modules")

#: Stored pages, by the beginning of their addresses, and their language.
PAGES = (("/", settings.LANGUAGE_CODE), (PREFIX, ENGLISH))
#: Where older copies lie: of pages, and of the two kinds of stored JSON that nginx cannot tell by
#: the last suffix and which need a place of their own before that.
KINDS = (
    {"match": "", "last": "@last", "type": ""},
    {
        "match": r"~ /feeds/.*\.json$",
        "last": "@last_feed",
        "type": "application/feed+json",
    },
    {
        "match": r"~ \.csv-metadata\.json$",
        "last": "@last_metadata",
        "type": "application/csvm+json",
    },
)
#: These have places of their own in the template.
PLACED = ("/admin/", "/static/", "/media/")
PROBES = ("/healthz", "/readyz")
#: Of these, what looks into the tables: nothing for strangers to set going.
INQUIRIES = ("/readyz",)
#: So many a second from one address, and no more.
LIMITED = ("/search/", "/en/search/")
#: Pages with a form, whose token must not be packed together with what a reader sent.
FORMS = ("/feedback/", "/en/feedback/")

HSTS = "Strict-Transport-Security"

_PLAIN = re.compile(r"[\w./:@*\[\]-]+", re.ASCII)


@dataclass(frozen=True)
class Site:
    """What a configuration needs to know of one machine.

    ``standalone``: the folder of a whole nginx, for tests and measurements; without it, the part
    that is put into the ``http`` block of the machine's own.
    """

    names: Sequence[str]
    var: Path
    upstreams: Sequence[str] = ("127.0.0.1:8000",)
    listen: Sequence[str] = ("80", "[::]:80")
    listen_tls: Sequence[str] = ("443", "[::]:443")
    certificate: str = ""
    key: str = ""
    #: Addresses of a balancer that ends TLS.
    behind: Sequence[str] = ()
    #: The path of the module, or "" where there is none.
    brotli: str = ""
    #: Of the other nginx, which alone opens the media: where they lie on a network.
    media: str = ""
    standalone: Path | None = None
    workers: int = 1
    access_log: bool = True

    @property
    def tls(self) -> bool:
        return not (self.behind or self.standalone)

    def plain(self) -> list[str]:
        """Everything that is written into the configuration as it is."""
        words = [*self.names, *self.upstreams, *self.listen, *self.listen_tls, *self.behind]
        words += [str(self.var), self.certificate, self.key, self.brotli, self.media]
        return [*words, str(self.standalone or "")]


def configuration(site: Site) -> str:
    """Return the configuration. Raises ``ValueError`` for words that nginx would read otherwise."""
    _check(site)
    text = _render("portal.conf.template", _about(site))
    if site.standalone:
        about = {
            "user": pwd.getpwuid(0).pw_name if os.geteuid() == 0 else "",
            "folder": site.standalone,
            "site": text,
            "brotli": site.brotli,
            "workers": site.workers,
            "access_log": site.access_log,
        }
        text = _render("standalone.conf.template", about)
    return text


def media_configuration(site: Site) -> str:
    """Return the configuration of the nginx at ``site.media``, a whole one: it opens the media, so
    that a storage that hangs stops nobody else. Raises ``ValueError`` as ``configuration`` does."""
    _check(site)
    return _render("media.conf.template", _about(site))


def _check(site: Site) -> None:
    for word in site.plain():
        if word and not _PLAIN.fullmatch(word):
            raise ValueError(f"This can't stand in a configuration of nginx: {word!r}")


def brotli_module() -> str:
    """Return the path of the module for packed files on this machine, or ""."""
    found = (Path(folder) / BROTLI for folder in MODULES)
    return str(next((path for path in found if path.exists()), ""))


def unavailable_page_path() -> Path:
    """Where the page lies that nginx shows when there is nothing else."""
    return Path(settings.VAR_DIR) / "down" / "503.html"


def write_unavailable_page() -> None:
    """Render that page; nginx itself adds the time."""
    with translation.override(settings.LANGUAGE_CODE):
        text = loader.get_template("down.html").render()
    path = unavailable_page_path()
    path.parent.mkdir(exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text.lstrip(), encoding="utf-8")
    os.replace(part, path)


def _about(site: Site) -> dict[str, Any]:
    headers = [
        (name, value, name.lower().replace("-", "_")) for name, value in page_headers().items()
    ]
    # A leading dot means the same to Django and to nginx: the name and all below it.
    lineage = f"/etc/letsencrypt/live/{site.names[0].removeprefix('.')}"
    return {
        "acme": ACME,
        "behind": site.behind,
        "brotli": bool(site.brotli),
        "certificate": site.certificate or f"{lineage}/fullchain.pem",
        "forms": FORMS,
        "headers": headers,
        "hsts": HSTS,
        "inquiries": INQUIRIES,
        "key": site.key or f"{lineage}/privkey.pem",
        "kinds": KINDS,
        "language": settings.LANGUAGE_CODE,
        # Tests and measurements ask as fast as they can.
        "limited": () if site.standalone else LIMITED,
        "listen": site.listen,
        "listen_tls": site.listen_tls,
        "media": site.media,
        "media_cache": MEDIA_CACHE,
        "names": site.names,
        "never": [path for path in NEVER_STORED if path not in (*PLACED, *PROBES)],
        "page_cache": CACHE_CONTROL,
        "pages": PAGES,
        # What https promises is not said by http (RFC 6797, 7.2).
        "plain_headers": [each for each in headers if each[0] != HSTS],
        "probes": PROBES,
        "retry_after": RETRY_AFTER_SECONDS,
        "standalone": site.standalone,
        "tls": site.tls,
        "upstreams": site.upstreams,
        "var": site.var,
    }


def _render(name: str, about: dict[str, Any]) -> str:
    engine = Engine(dirs=[str(TEMPLATES)], autoescape=False)
    text = engine.get_template(name).render(Context(about, autoescape=False))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
