from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PageStoreConfig(AppConfig):
    name = "portal.pagestore"
    label = "pagestore"
    verbose_name = _("page store")
