from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "portal.audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        from portal.audit import checks as own_checks
        from portal.audit import guards, signals, triggers

        triggers.register(*guards.GUARDS)
        checks.register(own_checks.check_guards_installed, checks.Tags.database)
        pre_migrate.connect(signals.before_migrations, sender=self, dispatch_uid="audit.before")
        post_migrate.connect(signals.after_migrations, dispatch_uid="audit.after")
