from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "portal.accounts"
    verbose_name = _("Accounts")
    default = True

    def ready(self) -> None:
        from portal.accounts import signals
        from portal.audit import labels

        labels.register(
            {
                "account.sign_in": _("Sign in"),
                "account.sign_out": _("Sign out"),
                "account.password": _("Change of password"),
                "account.roles": _("Change of roles"),
                "admin.add": _("Add"),
                "admin.change": _("Change"),
                "admin.delete": _("Delete"),
            }
        )
        signals.connect()
        post_migrate.connect(signals.restore_roles, sender=self, dispatch_uid="accounts.roles")


class StaffAdminConfig(admin_apps.AdminConfig):
    """The app config of Django's admin, with ``StaffAdminSite`` as the default site."""

    default_site = "portal.accounts.admin_site.StaffAdminSite"
    default = False
