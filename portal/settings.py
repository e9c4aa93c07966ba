"""Django settings, read from environment variables.

Every setting has a default for development. The secret key is read from the environment, or from a
file below ``PORTAL_VAR`` that is created when the key is first used. Importing this module writes
no file.
"""

import secrets
import sqlite3
from pathlib import Path

import environ
from django.urls import reverse_lazy
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from portal.library.ckeditor_config import CKEDITOR_CONFIGS as EDITOR_CONFIGS
from portal.secret_files import read_or_create

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("PORTAL_VAR", default=str(BASE_DIR / "var"))).resolve()

DEBUG = env.bool("PORTAL_DEBUG", default=False)
# A lazy value: the file is read or created when the key is first used.
SECRET_KEY = env.str("PORTAL_SECRET_KEY", default="") or SimpleLazyObject(
    lambda: read_or_create(VAR_DIR / "secret-key", lambda: secrets.token_urlsafe(50))
)
ALLOWED_HOSTS = env.list("PORTAL_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
# To be set behind a proxy that terminates TLS. It is off in the demo, which uses plain HTTP on the
# loopback interface.
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
    "portal.accounts.upload_handlers.StorageFullMiddleware",
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

# With this renderer, files in templates/ override the templates of form widgets.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Settings of the database

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # WAL is used only if this version of SQLite has the fix of the WAL-reset bug (3.51.3, and
    # backports to 3.44 and 3.50).
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
    # Options in DATABASE_URL itself, such as ?sslmode=require, override these options.
    _database["OPTIONS"] = {
        "options": "-c statement_timeout=30000 -c lock_timeout=10000"
        " -c idle_in_transaction_session_timeout=60000",
        # These options detect within seconds a database server that disappeared without closing
        # the connection, as in a failover; with the kernel's defaults it takes 15 minutes.
        "connect_timeout": 3,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        **_database.get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Settings of language and time

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
# The format module displays dates as YYYY-MM-DD HH:MM in every language (standard P1).
FORMAT_MODULE_PATH = ["portal.formats"]

# Settings of accounts and sessions

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
# The password of the demo accounts that load_sample creates; if it is empty, a random password is
# generated (portal/demo.py).
DEMO_PASSWORD = env.str("PORTAL_DEMO_PASSWORD", default="")
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# This view keeps the submitted form data of the admin if the CSRF token has expired.
CSRF_FAILURE_VIEW = "portal.accounts.admin_site.csrf_failure"
SESSION_ENGINE = "portal.accounts.sessions"
SESSION_COOKIE_AGE = env.int("PORTAL_IDLE_SECONDS", default=30 * 60)
SESSION_SAVE_EVERY_REQUEST = True  # so that SESSION_COOKIE_AGE limits the idle time
SESSION_COOKIE_HTTPONLY = True
# Cookies are limited to the admin: public pages neither receive nor set cookies.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
# Subdomains and preloading concern the court's other hosts, too, and a browser's preload list is
# left only after months; a court with hosts on plain HTTP turns them off.
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and env.bool("PORTAL_HSTS_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = SECURE_HSTS_INCLUDE_SUBDOMAINS and env.bool(
    "PORTAL_HSTS_PRELOAD", default=True
)

# Settings of files

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "portal.static_files.UsedFilesFinder",  # instead of AppDirectoriesFinder
    "portal.static_files.JoinedFinder",
]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media" / "public"
STORAGES = {
    # All originals and renditions; only views that check permissions serve them.
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "media" / "private", "base_url": None},
    },
    # Copies of the files that public content uses; portal.library.media_sync writes them.
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
# The queue of the pictures that this machine decodes, and their temporary files.
DECODING_ROOT = VAR_DIR / "decoding"
# Only pages of this site may use its static files, as Cross-Origin-Resource-Policy says, too.
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Whether the page store (portal.pagestore) is used; without it, each request renders its page.
PAGESTORE = env.bool("PORTAL_PAGESTORE", default=not DEBUG)
PAGESTORE_ROOT = VAR_DIR / "store"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_HANDLERS = [
    "portal.accounts.upload_handlers.SignedInUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "portal.accounts.upload_handlers.DiskFullUploadHandler",
]

# The CKEditor dialog for quoting figures is a page of portal.publishing.
CKEDITOR_CONFIGS = {
    **EDITOR_CONFIGS,
    "default": {**EDITOR_CONFIGS["default"], "quoteChooser": reverse_lazy("choosing:figures")},
}
# ckeditor.W001 warns of known security issues of CKEditor 4, which the court required. Its HTML is
# not trusted (nh3 sanitises it when it is saved), and only staff can open the editor.
SILENCED_SYSTEM_CHECKS = [
    "ckeditor.W001",
    "security.W002",  # portal.web.headers forbids framing on every response
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "portal.log_lines.RecordFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
