from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    """The project package: it imports all apps, and no app imports it."""

    name = "portal"
    label = "portal"

    def ready(self) -> None:
        from portal import wiring
        from portal.audit import labels

        wiring.connect_signals()
        labels.register(
            {
                "sample.loaded": _("Load the sample portal"),
                "site.import_redirects": _("Import redirects"),
                "site.export_redirects": _("Export redirects"),
            }
        )
