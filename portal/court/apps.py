from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CourtConfig(AppConfig):
    name = "portal.court"
    verbose_name = _("The court and its figures")
