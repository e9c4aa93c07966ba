"""How often each fault is provoked: ``make faults`` in full, ``make test`` a few times."""

import os

FULL = bool(os.environ.get("PORTAL_FULL"))


def full(many: int, otherwise: int) -> int:
    return many if FULL else otherwise
