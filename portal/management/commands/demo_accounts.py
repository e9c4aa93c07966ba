"""The command that prints the demo accounts and their password."""

from typing import Any

from django.core.management.base import BaseCommand

from portal import demo
from portal.accounts.models import User


class Command(BaseCommand):
    help = "Print the demo accounts and their password, where the sample portal is loaded."

    def handle(self, *args: Any, **options: Any) -> None:
        existing = set(
            User.objects.filter(username__in=demo.ACCOUNTS).values_list("username", flat=True)
        )
        if not existing:
            self.stdout.write("No demo accounts: the sample portal is not loaded.")
            return
        self.stdout.write("Demo accounts (all with the password below):")
        for username, (full_name, _post, role) in demo.ACCOUNTS.items():
            if username in existing:
                self.stdout.write(f"  {username:10} {role.value:6} {full_name}")
        self.stdout.write(f"  password   {demo.password()}")
