from django.apps import AppConfig
from django.urls import register_converter
from django.utils.translation import gettext_lazy as _

from .converters import NumberConverter


class WebConfig(AppConfig):
    """Headers, languages, feeds, structured data and template tags shared by all public pages."""

    name = "portal.web"
    label = "web"
    verbose_name = _("Pages")

    def ready(self) -> None:
        register_converter(NumberConverter, "number")
