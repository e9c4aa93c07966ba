"""The command that loads the sample portal, see ``portal.sample``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.sample import loader


class Command(BaseCommand):
    help = "Load the sample portal by the real workflow actions. Refuses a database with content."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing, quietly, where there is content"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if loader.has_content():
            if options["if_empty"]:
                return
            raise CommandError("This database has content; the sample goes into an empty one only.")
        for line in loader.load():
            self.stdout.write(line)
