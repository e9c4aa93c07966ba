from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PublishingConfig(AppConfig):
    name = "portal.publishing"
    verbose_name = _("The press")

    def ready(self) -> None:
        from portal.audit import labels, triggers

        from . import guards, rules
        from .actions import proposing, renewing

        triggers.register(*guards.all_guards())
        labels.register(
            {f"workflow.{action}": label for action, label in rules.ACTION_LABELS.items()}
        )
        labels.register({renewing.RENEW: _("Begin the reviews anew")})
        labels.register(
            {
                proposing.PROPOSE: _("Propose a joint change"),
                proposing.RETURN: _("Return a joint change"),
                proposing.RELEASE: _("Release a joint change"),
                proposing.CANCEL: _("Cancel a joint change"),
            }
        )
        post_migrate.connect(renewing.after_migrations, dispatch_uid="publishing.renew")
