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
    if is_last_app_with_models(sender):
        triggers.install(using)
        actions.ensure_head(using)


def is_last_app_with_models(sender: AppConfig) -> bool:
    """Return whether this app is the last one for which Django sends ``post_migrate``.

    It is sent for each app with models, after all migrations.
    """
    return sender is [config for config in apps.get_app_configs() if config.models_module][-1]
