from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    """What every page shares: headers, language, template tags."""

    name = "portal.web"
    label = "web"
    verbose_name = _("Pages")
