"""Exceptions that mean the database is temporarily unavailable."""

from django.db import InterfaceError, InternalError, OperationalError

#: Connection lost, lock timeout, read-only standby: the request may succeed when repeated.
#: psycopg2 raises InternalError for writes to a primary that became a standby, and for a
#: transaction that the server ended while it was idle.
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError, InternalError)
