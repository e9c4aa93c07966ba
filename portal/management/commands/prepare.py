from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from portal import catalogue, nginx, private_files, static_files


class Command(BaseCommand):
    help = (
        "Prepare everything for serving: messages, tables, static files, and the sample portal in "
        "an empty database. Running it again skips what is done already."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-sample", action="store_true", help="leave an empty database empty: on a server"
        )

    def handle(self, *, verbosity: int, no_sample: bool, **options: Any) -> None:
        private_files.protect()
        str(settings.SECRET_KEY)  # reading the key creates its file
        # The messages are compiled first, because migrations and the sample portal write translated
        # texts to the database.
        if catalogue.compile_if_stale():
            self.stdout.write("Messages compiled.")
        call_command("migrate", interactive=False, verbosity=max(verbosity - 1, 0))
        self.stdout.write("Tables are up to date.")
        if static_files.collect_if_stale():
            self.stdout.write("Static files collected.")
        nginx.write_unavailable_page()
        if not no_sample:
            call_command("load_sample", if_empty=True, verbosity=verbosity)
        call_command("rebuild_search", if_stale=True, stdout=self.stdout)
