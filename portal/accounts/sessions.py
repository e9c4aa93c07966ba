"""Sessions in the database, which distinguish an unavailable database from a deleted session."""

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db import DatabaseError


class SessionStore(DatabaseSessionStore):
    """Django's session store with the cause of a failed save.

    Django reports every database error of an update as a session that was deleted meanwhile, and
    responds with 400. After an action that has taken effect, this would tell the user that the
    request was wrong. ``save`` raises the database's own error instead, which leads to 503.
    """

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            cause = error.__context__
            # "Save with update_fields did not affect any rows" is a plain DatabaseError.
            if isinstance(cause, DatabaseError) and type(cause) is not DatabaseError:
                raise cause from None
            raise
