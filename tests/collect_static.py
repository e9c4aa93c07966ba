"""Collect the static files as in production, with quicker compression.

Brotli's best quality takes most of a minute of processor time, and no test measures the size of a
file that is compressed with brotli: the size tests request files compressed with gzip.
"""

import os

import brotli
import django
from django.core.management import call_command
from whitenoise.compress import Compressor

QUALITY = 4


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    Compressor.compress_brotli = staticmethod(lambda data: brotli.compress(data, quality=QUALITY))
    call_command("collectstatic", interactive=False, verbosity=0)


if __name__ == "__main__":
    main()
