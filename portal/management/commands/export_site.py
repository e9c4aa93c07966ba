from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.wsgi import get_wsgi_application

from portal import export, serving
from portal.pagestore.sync import FingerprintMismatch


class Command(BaseCommand):
    help = "Writes the public site into a folder as files, with the digest of each in digests.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--check", action="store_true", help="compare the folder with its digests instead"
        )

    def handle(self, *, folder: Path, check: bool, **options: Any) -> None:
        if check:
            return self.check_digests(folder)
        try:
            told = export.export(
                folder, serving.wrap_application(get_wsgi_application()), self.stdout.write
            )
        except (export.NotExported, FingerprintMismatch) as error:
            raise CommandError(str(error)) from error
        total = sum(each["bytes"] for each in told["files"].values())
        self.stdout.write(
            f"{told['pages']} pages, {len(told['files'])} files, {total / 1_000_000:.1f} MB."
        )
        return None

    def check_digests(self, folder: Path) -> None:
        if not (folder / export.DIGESTS).is_file():
            raise CommandError(f"{folder} holds no {export.DIGESTS}.")
        found = list(export.differences(folder))
        for line in found:
            self.stderr.write(line)
        if found:
            raise CommandError(f"{len(found)} files are not as they were exported.")
        self.stdout.write("Every file is as it was exported.")
