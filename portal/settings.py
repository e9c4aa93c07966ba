"""One settings file, read from the environment.

A developer gets real defaults; a secret has none: the key comes from the environment or is made
once and kept in ``PORTAL_VAR``, outside the repository.
"""

import os
import secrets
import sqlite3
from pathlib import Path

import environ
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from portal.library.ckeditor_config import CKEDITOR_CONFIGS

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("PORTAL_VAR", default=str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)


def _kept_secret(name: str) -> str:
    """Read the secret kept in ``var/``, or make it; written once, whoever comes first."""
    path = VAR_DIR / name
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        value = secrets.token_urlsafe(50)
        file.write(value)
    return value


DEBUG = env.bool("PORTAL_DEBUG", default=False)
SECRET_KEY = env.str("PORTAL_SECRET_KEY", default="") or _kept_secret("secret-key")
ALLOWED_HOSTS = env.list("PORTAL_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
# Behind a proxy that ends TLS. Off in the demo, which is plain HTTP on loopback.
HTTPS = env.bool("PORTAL_HTTPS", default=False)
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if HTTPS else []

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "portal.audit",
    "portal.accounts",
    "portal.site",
    "portal.web",
    "portal.source_values",
    "portal.library",
    "portal.publishing",
    "portal.search",
    "portal.pagestore",
    "news",
    "honors",
    "portal.court",
    "portal.letters",
    "portal.accounts.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "ckeditor",
]

MIDDLEWARE = [
    "portal.web.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.web.middleware.PathLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.audit.middleware.ClientAddressMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.site_context",
            ],
        },
    },
]

# Widgets find their templates in templates/ too.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Data --------------------------------------------------------------------------------------

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # WAL only where the linked SQLite has the fix of its WAL-reset bug (3.51.3, and the backports).
    _version = sqlite3.sqlite_version_info
    _wal = _version >= (3, 51, 3) or (
        _version[:2] in {(3, 44), (3, 50)} and _version[2] >= (6 if _version[1] == 44 else 7)
    )
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA synchronous=FULL;"
        f" PRAGMA journal_mode={'WAL' if _wal else 'DELETE'}",
    }
else:
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True
    # Beside what the address itself says (?sslmode=require).
    _database["OPTIONS"] = {
        "options": "-c statement_timeout=30000 -c lock_timeout=10000"
        " -c idle_in_transaction_session_timeout=60000",
        # A server that vanishes without a word (a failover) is given up after some seconds: the
        # system's own patience is a quarter of an hour, and nobody follows meanwhile.
        "connect_timeout": 3,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        **_database.get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Language and time -------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
# Visible times are YYYY-MM-DD HH:MM (standard P1), whatever the locale's own habit.
FORMAT_MODULE_PATH = ["portal.formats"]

# --- People ------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "portal.accounts.passwords.CharacterClassValidator"},
]
# Only for the demo accounts that load_sample makes (portal/demo.py); empty: a random one.
DEMO_PASSWORD = env.str("PORTAL_DEMO_PASSWORD", default="")
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# A stale token must not eat what was typed: the desk carries it over.
CSRF_FAILURE_VIEW = "portal.accounts.admin_site.csrf_failure"
SESSION_COOKIE_AGE = env.int("PORTAL_IDLE_SECONDS", default=30 * 60)
SESSION_SAVE_EVERY_REQUEST = True  # so that the age above counts idle time
SESSION_COOKIE_HTTPONLY = True
# Cookies are for the desk: a public page neither gets nor sets one, whoever reads it.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS

# --- Files -------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "portal.static_files.JoinedFinder",
]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media" / "public"
STORAGES = {
    # Every original and rendition, reached only through views that ask who is there.
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "media" / "private", "base_url": None},
    },
    # What something public uses, computed from the live rows (portal.library.media_sync).
    "public": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT, "base_url": MEDIA_URL},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Files of this site are for its own pages (Cross-Origin-Resource-Policy says the same).
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Pages as they were rendered (portal.pagestore). Off, each is rendered for each reader.
PAGESTORE = env.bool("PORTAL_PAGESTORE", default=not DEBUG)
PAGESTORE_ROOT = VAR_DIR / "store"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# The editor's window of figures is another room's page.
CKEDITOR_CONFIGS["default"]["quoteChooser"] = reverse_lazy("choosing:figures")
# CKEditor 4.22.1 is the editor the court asked for. Its warning says that CKEditor 4 has known
# security issues; here nothing it sends is trusted (nh3 cleans on save), and only staff open it.
SILENCED_SYSTEM_CHECKS = [
    "ckeditor.W001",
    "security.W002",  # framing is refused by portal.web.headers, and on every answer
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
