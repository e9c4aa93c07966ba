"""Remove and install the database guards around ``migrate``."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections

from portal.audit import actions, triggers


def before_migrations(*, using: str, plan: list[Any], **kwargs: Any) -> None:
    """Remove the guards while migrations run on SQLite.

    SQLite rebuilds a table to alter it, and refuses to rename one while any trigger names a table
    that does not exist at that moment.
    """
    if plan and connections[using].vendor == "sqlite":
        triggers.remove(using)


def after_migrations(*, sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Install the guards once, after the tables of all apps exist."""
    if sender is _last_app_with_models():
        triggers.install(using)
        actions.ensure_head(using)


def _last_app_with_models() -> AppConfig:
    """Return the app whose ``post_migrate`` is sent last; apps without models send none."""
    return [config for config in apps.get_app_configs() if config.models_module][-1]
