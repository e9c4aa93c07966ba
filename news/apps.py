from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NewsConfig(AppConfig):
    name = "news"
    verbose_name = _("News")

    def ready(self) -> None:
        from portal.audit import labels

        labels.register({"news.pinned": _("Pin"), "news.featured": _("Lead the home page")})
