"""Sizes of the fault tests: large in ``make faults``, small in ``make test``."""

import os

FULL_WORKLOAD = bool(os.environ.get("PORTAL_FULL"))


def workload(full: int, quick: int) -> int:
    return full if FULL_WORKLOAD else quick
