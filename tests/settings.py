"""The portal's settings, for the tests: a folder of their own for each process, nothing durable.

It is a settings module because the folder must be named before the portal's settings are read.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "PORTAL_TESTS_ROOT" not in os.environ:
    # The first process makes the folder; the workers it starts find it in their environment.
    _root = os.environ["PORTAL_TESTS_ROOT"] = tempfile.mkdtemp(prefix="portal-tests-")
    atexit.register(shutil.rmtree, _root, ignore_errors=True)
os.environ["PORTAL_VAR"] = str(
    Path(os.environ["PORTAL_TESTS_ROOT"]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
)

from portal.settings import *  # noqa: F403  (after the folder has its name)
from portal.settings import DATABASES, STORAGES, VAR_DIR

VAR_DIR.mkdir(parents=True, exist_ok=True)
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in production: processes and threads meet in it. It need not survive a crash.
    _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    _database["OPTIONS"]["init_command"] = _database["OPTIONS"]["init_command"].replace(
        "synchronous=FULL", "synchronous=OFF"
    )
else:
    # Threads of a test leave their connections open for the next one otherwise.
    _database["CONN_MAX_AGE"] = 0

# Names as they are in static/: nothing need be collected before a page can be rendered.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True

# What a page shows is asked of the page itself; tests/pagestore asks the store.
PAGESTORE = False

# Passwords are hashed by the hundred here. The running portal knows the algorithm, too.
PASSWORD_HASHERS = ["tests.hashers.SingleIterationHasher"]
