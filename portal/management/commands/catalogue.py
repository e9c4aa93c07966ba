from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal import catalogue


class Command(BaseCommand):
    help = "Update the message catalogue from the code, compile it, or list what is missing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "act",
            choices=["update", "compile", "missing"],
            help="update: merge new messages in; compile: write the .mo file; "
            "missing: list what is untranslated, unused or broken (exit 1 if anything is)",
        )

    def handle(self, *, act: str, **options: Any) -> None:
        getattr(self, f"_{act}")()

    def _update(self) -> None:
        report = catalogue.update()
        self.stdout.write(f"{len(report.untranslated)} untranslated, {len(report.broken)} broken.")

    def _compile(self) -> None:
        written = catalogue.compile_if_stale()
        self.stdout.write("Compiled." if written else "The compiled catalogue is up to date.")

    def _missing(self) -> None:
        report = catalogue.check()
        for line in report.lines():
            self.stdout.write(line)
        if not report.is_complete:
            raise CommandError("The catalogue is not complete: `make messages`, then translate.")
        self.stdout.write("The catalogue is complete.")
