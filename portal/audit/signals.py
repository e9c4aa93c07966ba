"""Signal receivers that remove the database guards before ``migrate`` and install them after it."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections

from portal.audit import actions, triggers


def before_migrations(*, using: str, plan: list[Any], **kwargs: Any) -> None:
    """Remove the guards on SQLite before migrations run.

    To alter a table, SQLite rebuilds and renames it; it refuses the renaming while any trigger
    refers to a table that does not exist at that moment.
    """
    if plan and connections[using].vendor == "sqlite":
        triggers.remove(using)


def after_migrations(*, sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Install the guards one time, after the tables of all apps were created."""
    if sender is _last_app_with_models():
        triggers.install(using)
        actions.ensure_head(using)


def _last_app_with_models() -> AppConfig:
    """Return the last app with models: Django sends ``post_migrate`` only for apps with models."""
    return [config for config in apps.get_app_configs() if config.models_module][-1]
