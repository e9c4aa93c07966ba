from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PublishingConfig(AppConfig):
    name = "portal.publishing"
    verbose_name = _("The press")

    def ready(self) -> None:
        from portal.audit import labels, triggers

        from . import guards, rules

        triggers.register(*guards.all_guards())
        labels.register(
            {f"workflow.{action}": label for action, label in rules.ACTION_LABELS.items()}
        )
