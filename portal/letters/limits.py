"""Rate limits for letters and look-ups: per address, per subscriber line, and for all together.

Counters are rows in the database, shared by all processes and nodes. A counter's key is a keyed
hash that changes with each time span, and old counters are deleted (``cleanup``), so no IP address
is stored.
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
#: An IPv6 subscriber may have 256 /64 networks; together they get this multiple of one's limit.
LINE_FACTOR = 3


@dataclass(frozen=True)
class Limit:
    """At most ``count`` attempts in each span of ``seconds``."""

    name: str
    count: int
    seconds: int


@dataclass(frozen=True)
class Limits:
    """The limits of one action: for each address, and for all addresses together."""

    #: Generous, because many people may share an address (an office, a provider's NAT).
    each: Limit
    everybody: Limit

    @property
    def line(self) -> Limit:
        """The limit of a subscriber line (/56) of IPv6."""
        count = LINE_FACTOR * self.each.count
        return replace(self.each, name=f"{self.each.name} of a line", count=count)


LETTERS = Limits(Limit("letters", 10, HOUR), Limit("letters of all", 60, MINUTE))
#: Prevents guessing: each day has 10**12 possible receipt numbers.
QUESTIONS = Limits(Limit("questions", 30, HOUR), Limit("questions of all", 120, MINUTE))


def wait(limits: Limits, address: str) -> int:
    """Count an attempt; return 0 if it is allowed, else the seconds until the next is.

    A refused attempt is not counted by any of the limits.
    """
    own = zip((limits.each, limits.line), networks_of(address), strict=False)
    counted: list[str] = []
    for limit, subject in (*own, (limits.everybody, "")):
        key, seconds = _count(limit, subject)
        if seconds:
            _undo(counted)
            return seconds
        counted.append(key)
    return 0


def networks_of(address: str) -> list[str]:
    """Return what the limits of an address apply to: an IPv4 address, or the /64 and /56 of IPv6.

    A /56 is the largest network that providers usually assign to a subscriber.
    """
    if not address:
        return []
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return [str(ipaddress.ip_network((ip, bits), strict=False)) for bits in (64, 56)]
        ip = ip.ipv4_mapped
    return [str(ip)]


def _count(limit: Limit, subject: str) -> tuple[str, int]:
    """Increment a counter unless it is full; return its key, and 0 or the seconds to its reset."""
    now = time.time()
    span = int(now) // limit.seconds
    until = (span + 1) * limit.seconds
    # A new salt for each span: hashes of the same address cannot be linked over time.
    salt = f"portal.letters.{limit.name}.{limit.seconds}.{span}"
    key = salted_hmac(salt, subject, algorithm="sha256").hexdigest()
    expiry = datetime.fromtimestamp(until, UTC)
    Attempt.objects.bulk_create([Attempt(key=key, until=expiry)], ignore_conflicts=True)
    row = Attempt.objects.filter(key=key, count__lt=limit.count)
    if row.update(count=F("count") + 1):
        return key, 0
    return key, int(until - now) + 1


def _undo(keys: list[str]) -> None:
    # One statement per row: a single UPDATE of several rows could deadlock with another one.
    for key in keys:
        Attempt.objects.filter(key=key).update(count=F("count") - 1)
