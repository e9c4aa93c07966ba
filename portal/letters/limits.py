"""How often one may write or ask: from one address, from one line, and all together.

Counted in the database, for all processes and nodes. A counter's name is a keyed hash that is
another each hour, and is gone soon after that (``upkeep``): no address is kept.
"""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.db.models import F
from django.utils.crypto import salted_hmac

from .models import Attempt

HOUR, MINUTE = 3600, 60
#: A line of IPv6 may be given 256 networks: together they may do so many times what one may.
LINE = 3


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

    @property
    def line(self) -> Limit:
        return replace(self.each, name=f"{self.each.name} of a line", count=LINE * self.each.count)


LETTERS = Limits(Limit("letters", 10, HOUR), Limit("letters of all", 60, MINUTE))
#: Against guessing: of 10**12 numbers a day's letters have, so many a minute find none.
QUESTIONS = Limits(Limit("questions", 30, HOUR), Limit("questions of all", 120, MINUTE))


def wait(limits: Limits, address: str) -> int:
    """Count an attempt; 0 if it may go on, else the seconds until one may.

    What is refused counts for nobody: neither for the others, nor for him who tried.
    """
    own = zip((limits.each, limits.line), networks_of(address), strict=False)
    counted: list[str] = []
    for limit, whose in (*own, (limits.everybody, "")):
        key, seconds = _count(limit, whose)
        if seconds:
            _give_back(counted)
            return seconds
        counted.append(key)
    return 0


def networks_of(address: str) -> list[str]:
    """What one address stands for: itself; of IPv6 the network it lies in, and what a provider
    gives to one line at most."""
    if not address:
        return []
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return [str(ipaddress.ip_network((ip, bits), strict=False)) for bits in (64, 56)]
        ip = ip.ipv4_mapped
    return [str(ip)]


def _count(limit: Limit, whose: str) -> tuple[str, int]:
    """The counter's key; and 0, or the seconds until it begins anew."""
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
        return key, 0
    return key, int(until - now) + 1


def _give_back(keys: list[str]) -> None:
    # One by one: two who give back at once would wait for each other's rows.
    for key in keys:
        Attempt.objects.filter(key=key).update(count=F("count") - 1)
