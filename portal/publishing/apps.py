from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PublishingConfig(AppConfig):
    name = "portal.publishing"
    verbose_name = _("The press")

    def ready(self) -> None:
        from portal.audit import labels, triggers

        from . import guards, rules

        triggers.register(*guards.every_guard())
        labels.register({f"press.{verb}": label for verb, label in rules.VERB_LABELS.items()})
