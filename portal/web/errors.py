"""What is raised while the database is not there to be asked."""

from django.db import InterfaceError, InternalError, OperationalError

#: Away or too busy: no fault of what was asked, and over soon. To psycopg2, a primary that became a
#: standby and a transaction that was ended while it waited are internal errors.
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError, InternalError)
