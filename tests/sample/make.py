"""Create the shared sample portal in one process, with quicker compression of images.

``python -m tests.sample.make`` runs in the environment of a ``Sample`` and writes into its parent
folder: ``plain.sqlite3`` (the database before the additions of ``more``), ``sample.sqlite3`` (the
complete database) and ``pages.json`` (the table of ``tests.pages``). Files that are larger than in
production do no harm, because no test measures the sizes of images.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import django

#: Options of the encoders, by file name suffix. They take a third of the time that the options of
#: ``decoding`` take.
QUICK_OPTIONS = {
    "avif": {"quality": 60, "speed": 10},
    "webp": {"quality": 80, "method": 0},
    "jpg": {"quality": 82},
}


def main(migrated: str = "") -> None:
    """Create the sample; ``migrated`` is the path of an SQLite database that is migrated already,
    or empty.
    """
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from portal.library.decoding import limits
    from portal.sample import loader
    from tests import pages
    from tests.sample import more

    limits.RENDITION_OPTIONS.update(QUICK_OPTIONS)
    database = Path(connection.settings_dict["NAME"])
    folder = Path(settings.VAR_DIR).parent
    if migrated:
        copy_database(Path(migrated), database)
    else:
        call_command("migrate", verbosity=0)
    list(loader.load())
    copy_database(database, folder / "plain.sqlite3")
    more.load()
    call_command("rebuild_search", verbosity=0)
    copy_database(database, folder / "sample.sqlite3")
    (folder / "pages.json").write_text(json.dumps(pages.describe_pages()))


def copy_database(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(source)) as opened,
        closing(sqlite3.connect(target)) as copy,
    ):
        opened.backup(copy)


if __name__ == "__main__":
    main(*sys.argv[1:])
