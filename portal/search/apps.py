from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "portal.search"
    label = "search"
    verbose_name = _("Search")

    def ready(self) -> None:
        from . import index

        # The command ``flush`` empties only the tables of models, not the inverted indexes; at its
        # end it sends ``post_migrate``.
        post_migrate.connect(index.clear_flushed, sender=self, dispatch_uid="search.flushed")
