from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LettersConfig(AppConfig):
    name = "portal.letters"
    verbose_name = _("Letters to the court")

    def ready(self) -> None:
        from portal.audit import labels, triggers

        from . import guards, rules

        triggers.register(*guards.GUARDS)
        labels.register(
            {
                **{f"letters.{action}": label for action, label in rules.ACTION_LABELS.items()},
                "letters.erase": _("Erase contact data"),
            }
        )
