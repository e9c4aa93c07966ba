from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.wsgi import get_wsgi_application

from portal import export, serving
from portal.pagestore.sync import FingerprintMismatch


class Command(BaseCommand):
    help = "Write the public site into a folder as files, with their SHA-256 in digests.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--check", action="store_true", help="compare the folder with its digests instead"
        )

    def handle(self, *, folder: Path, check: bool, **options: Any) -> None:
        if check:
            return self.check_digests(folder)
        try:
            store = serving.wrap_application(get_wsgi_application())
            manifest = export.export(folder, store, self.stdout.write)
        except (export.NotExported, FingerprintMismatch) as error:
            raise CommandError(str(error)) from error
        files = manifest["files"]
        size = sum(each["bytes"] for each in files.values()) / 1_000_000
        self.stdout.write(f"{manifest['pages']} pages, {len(files)} files, {size:.1f} MB.")
        return None

    def check_digests(self, folder: Path) -> None:
        if not (folder / export.MANIFEST_NAME).is_file():
            raise CommandError(f"{folder} holds no {export.MANIFEST_NAME}.")
        found = list(export.differences(folder))
        for line in found:
            self.stderr.write(line)
        if found:
            raise CommandError(f"{len(found)} files are not as they were exported.")
        self.stdout.write("Every file is as it was exported.")
