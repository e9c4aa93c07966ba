from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "portal.search"
    label = "search"
    verbose_name = _("Search")

    def ready(self) -> None:
        from . import index

        # ``flush`` empties only the tables that Django knows, and sends this signal at its end.
        post_migrate.connect(index.clear_flushed, sender=self, dispatch_uid="search.flushed")
