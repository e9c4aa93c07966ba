"""Examine attachments that were uploaded by an earlier version of the portal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portal.library.cleaned_copies import examine_pending


class Command(BaseCommand):
    help = "Examine the attachments for hidden content that have not been examined yet."

    def handle(self, *args: Any, **options: Any) -> None:
        for attachment in examine_pending():
            self.stdout.write(f"{attachment.pk}: {attachment.findings_text or '-'}")
