from django.contrib.auth.hashers import PBKDF2PasswordHasher


class SingleIterationHasher(PBKDF2PasswordHasher):
    """The portal's own algorithm, in one round instead of a million."""

    iterations = 1
