"""The running portal's settings; passwords in no time, and addresses at which things go wrong."""

from portal.settings import *  # noqa: F403  (as they are)

ROOT_URLCONF = "tests.sample.urls"
PASSWORD_HASHERS = ["tests.hashers.SingleIterationHasher"]
