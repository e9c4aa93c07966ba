from django.apps import AppConfig, apps
from django.db.models.signals import pre_migrate
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    """The app of the project package, which imports all other apps; no app imports this package."""

    name = "portal"
    label = "portal"

    def ready(self) -> None:
        from portal import older_databases, wiring
        from portal.audit import labels

        wiring.connect_signals()
        pre_migrate.connect(
            older_databases.refuse_unknown_migrations,
            sender=apps.get_app_config("audit"),
            dispatch_uid="portal.older_databases",
        )
        labels.register(
            {
                "sample.loaded": _("Load the sample portal"),
                "site.import_redirects": _("Import redirects"),
                "site.export_redirects": _("Export redirects"),
            }
        )
