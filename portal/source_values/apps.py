from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SourceValuesConfig(AppConfig):
    name = "portal.source_values"
    label = "source_values"
    verbose_name = _("Printed figures")
