"""Rate limits of letters and look-ups: per IP address, per subscriber line, and for all together.

The counters are rows in the database, which all processes and nodes share. The key of a counter is
a keyed hash that changes with each time span, and ``cleanup`` deletes old counters. So no IP
address is stored.
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
#: The limit of an IPv6 subscriber line is this multiple of the limit of one address: a subscriber
#: may have 256 networks of size /64, each of which counts as one address.
LINE_FACTOR = 3


@dataclass(frozen=True)
class Limit:
    """A limit: at most ``count`` attempts in each span of ``seconds``."""

    name: str
    count: int
    seconds: int


@dataclass(frozen=True)
class Limits:
    """The limits of one kind of request: for each IP address, and for all addresses together."""

    #: The limit is generous: many people may share an IP address (an office, a provider's NAT).
    each: Limit
    everybody: Limit

    @property
    def line(self) -> Limit:
        """The limit of an IPv6 subscriber line, which is a /56 network."""
        count = LINE_FACTOR * self.each.count
        return replace(self.each, name=f"{self.each.name} of a line", count=count)


LETTERS = Limits(Limit("letters", 10, HOUR), Limit("letters of all", 60, MINUTE))
#: Limits of look-ups. They prevent guessing: each day has 10**12 possible receipt numbers.
QUESTIONS = Limits(Limit("questions", 30, HOUR), Limit("questions of all", 120, MINUTE))


def wait(limits: Limits, address: str) -> int:
    """Count an attempt; return 0 if it is allowed, else the seconds until the next one is allowed.

    A refused attempt is counted by none of the limits.
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
    """Return the networks whose attempts are counted together with those of an IP address.

    For IPv4 this is the address itself; for IPv6 the /64 and the /56 network. A /56 is the largest
    network that providers usually assign to a subscriber.
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
    """Increment a counter unless it is full.

    Returns the counter's key, and 0 or, if it is full, the seconds until it is reset.
    """
    now = time.time()
    span = int(now) // limit.seconds
    until = (span + 1) * limit.seconds
    # The salt differs for each span: the hashes of one address in different spans cannot be
    # linked.
    salt = f"portal.letters.{limit.name}.{limit.seconds}.{span}"
    key = salted_hmac(salt, subject, algorithm="sha256").hexdigest()
    expiry = datetime.fromtimestamp(until, UTC)
    Attempt.objects.bulk_create([Attempt(key=key, until=expiry)], ignore_conflicts=True)
    row = Attempt.objects.filter(key=key, count__lt=limit.count)
    if row.update(count=F("count") + 1):
        return key, 0
    return key, int(until - now) + 1


def _undo(keys: list[str]) -> None:
    # One statement for each row: an UPDATE of several rows could deadlock with a concurrent one.
    for key in keys:
        Attempt.objects.filter(key=key).update(count=F("count") - 1)
