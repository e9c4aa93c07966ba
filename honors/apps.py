from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HonorsConfig(AppConfig):
    name = "honors"
    verbose_name = _("Honours")

    def ready(self) -> None:
        from portal.audit import labels

        labels.register(
            {
                "honors.import": _("Import into the ledger"),
                "honors.export": _("Export the ledger"),
            }
        )
