from django.contrib.auth.hashers import PBKDF2PasswordHasher


class SingleIterationHasher(PBKDF2PasswordHasher):
    """The portal's password algorithm with one iteration instead of a million."""

    iterations = 1
