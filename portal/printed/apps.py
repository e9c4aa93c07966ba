from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrintedConfig(AppConfig):
    """What sources print, and what it means."""

    name = "portal.printed"
    label = "printed"
    verbose_name = _("Printed figures")
