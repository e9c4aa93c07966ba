from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from portal.audit.verification import verify


class Command(BaseCommand):
    help = "Check the audit log's chain; name the first bad entry and exit with 1 if there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        result = verify()
        if result.problem:
            raise CommandError(result.problem)
        self.stdout.write(
            _("The audit log is whole: %(count)d entries.") % {"count": result.entries}
        )
