from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LibraryConfig(AppConfig):
    name = "portal.library"
    verbose_name = _("Library")

    def ready(self) -> None:
        from portal.audit import labels

        labels.register(
            {
                "library.clean": _("Make a cleaned copy"),
                "library.add": _("Take into the library"),
                "library.hide": _("Take out of use"),
                "library.show": _("Bring back into use"),
                "library.withdraw": _("Withdraw from the public pages"),
                "library.reinstate": _("Bring back to the public pages"),
            }
        )
