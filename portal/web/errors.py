"""Exceptions which mean that the database is temporarily unavailable."""

from django.db import InterfaceError, InternalError, OperationalError

#: Raised for a lost database connection, a lock timeout or a read-only standby: the request may
#: succeed when it is repeated. psycopg2 raises InternalError for writes to a primary that became a
#: standby, and for a transaction that the server ended while it was idle.
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError, InternalError)
