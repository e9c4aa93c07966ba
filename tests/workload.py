"""How often each fault is provoked: ``make faults`` in full, ``make test`` a few times."""

import os

FULL_WORKLOAD = bool(os.environ.get("PORTAL_FULL"))


def workload(full: int, quick: int) -> int:
    return full if FULL_WORKLOAD else quick
