"""The production settings, but with a fast password hasher and URLs that raise errors."""

from portal.settings import *  # noqa: F403  (as they are)

ROOT_URLCONF = "tests.sample.urls"
PASSWORD_HASHERS = ["tests.hashers.SingleIterationHasher"]
