"""What the guards do around migrations."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections

from portal.audit import actions, triggers


def before_migrations(*, using: str, plan: list[Any], **kwargs: Any) -> None:
    """Lift the guards while SQLite remakes tables.

    It refuses to rename a table while a trigger elsewhere names one that is gone for the moment.
    """
    if plan and connections[using].vendor == "sqlite":
        triggers.remove(using)


def after_migrations(*, sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Put the guards back, once all rooms' tables stand."""
    if sender is _last_with_models():
        triggers.install(using)
        actions.ensure_head(using)


def _last_with_models() -> AppConfig:
    """Return the app whose post_migrate is sent last; apps without models get none."""
    return [config for config in apps.get_app_configs() if config.models_module][-1]
