"""The portal's settings with changes for tests: each process has its own data folder, and database
writes are not durable.

This is a settings module because ``PORTAL_VAR`` must be set before the portal's settings are
imported.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "PORTAL_TESTS_ROOT" not in os.environ:
    # The first test process creates the folder and passes its path to the pytest workers in the
    # environment.
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
    # The database is a file, as in production, because processes and threads share the database.
    # Tests do not need durable writes.
    _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    _database["OPTIONS"]["init_command"] = _database["OPTIONS"]["init_command"].replace(
        "synchronous=FULL", "synchronous=OFF"
    )
else:
    # Otherwise the threads of a test leave database connections open during the next test.
    _database["CONN_MAX_AGE"] = 0

# File names have no hashes, so that pages can be rendered without collecting static files.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True

# Tests of pages need the current rendering; the tests in tests/pagestore enable the page store.
PAGESTORE = False

# Tests hash hundreds of passwords. The running portal accepts the hashes of this algorithm.
PASSWORD_HASHERS = ["tests.hashers.SingleIterationHasher"]
