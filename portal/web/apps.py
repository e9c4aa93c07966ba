from django.apps import AppConfig
from django.urls import register_converter
from django.utils.translation import gettext_lazy as _

from .converters import NumberConverter


class WebConfig(AppConfig):
    """What every page shares: headers, language, template tags."""

    name = "portal.web"
    label = "web"
    verbose_name = _("Pages")

    def ready(self) -> None:
        register_converter(NumberConverter, "number")
