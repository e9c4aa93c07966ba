"""How often one may write or ask: from one address, and all together.

Counted in the database, for all processes and nodes. A counter's name is a keyed hash that is
another each hour, and is gone soon after that (``upkeep``): no address is kept.
"""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import F
from django.utils.crypto import salted_hmac

from .models import Attempt

HOUR, MINUTE = 3600, 60


@dataclass(frozen=True)
class Limit:
    """At most ``count`` in each span of so many seconds."""

    name: str
    count: int
    seconds: int


@dataclass(frozen=True)
class Limits:
    #: Many people may share an address: an office, a village behind one provider.
    each: Limit
    everybody: Limit


LETTERS = Limits(Limit("letters", 10, HOUR), Limit("letters of all", 60, MINUTE))
#: Against guessing: of 10**12 numbers a day's letters have, so many a minute find none.
QUESTIONS = Limits(Limit("questions", 30, HOUR), Limit("questions of all", 120, MINUTE))


def wait(limits: Limits, address: str) -> int:
    """Count an attempt; 0 if it may go on, else the seconds until one may."""
    network = network_of(address)
    # Who is refused himself takes nothing from the others.
    return (network and _wait(limits.each, network)) or _wait(limits.everybody, "")


def network_of(address: str) -> str:
    """What one line to the net has: an address, or of IPv6 the half that the provider gives."""
    if not address:
        return ""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return str(ipaddress.ip_network((ip, 64), strict=False))
        ip = ip.ipv4_mapped
    return str(ip)


def _wait(limit: Limit, whose: str) -> int:
    now = time.time()
    span = int(now) // limit.seconds
    until = (span + 1) * limit.seconds
    # Another salt for each span, and so for each day.
    salt = f"portal.letters.{limit.name}.{limit.seconds}.{span}"
    key = salted_hmac(salt, whose, algorithm="sha256").hexdigest()
    over = datetime.fromtimestamp(until, UTC)
    Attempt.objects.bulk_create([Attempt(key=key, until=over)], ignore_conflicts=True)
    row = Attempt.objects.filter(key=key, count__lt=limit.count)
    if row.update(count=F("count") + 1):
        return 0
    return int(until - now) + 1
