import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.wsgi import get_wsgi_application

from portal import serving
from portal.pagestore import sync


class Command(BaseCommand):
    help = "Render and compress every public page that this node's store does not hold yet, once."

    def handle(self, **options: Any) -> None:
        store = serving.build_page_store(get_wsgi_application())
        if store is None:
            raise CommandError("The page store is off (PORTAL_PAGESTORE, PORTAL_DEBUG).")
        try:
            sync.ensure_ownership()
        except sync.FingerprintMismatch as error:
            raise CommandError(str(error)) from error
        started, stored, failed = time.monotonic(), 0, []
        for path in serving.public_paths():
            if store.warm(path):
                stored += 1
            else:
                failed.append(path)
        seconds = time.monotonic() - started
        for path in failed:
            self.stderr.write(f"not stored: {path}")
        self.stdout.write(f"{stored} pages are stored, after {seconds:.1f} s.")
