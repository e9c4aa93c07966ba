"""Rate limits of letters and look-ups: per IP address, per network around it, and for all together.

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
#: A site (IPv6 /48, IPv4 /24) and a provider (/32, /16) may use one part in so many of the limit of
#: all together, but never less than one address may.
SITE_PART, PROVIDER_PART = 6, 2
#: One part in so many of the limit of all together is reserved for newcomers: providers from which
#: at most ``NEWCOMER_ATTEMPTS`` attempts have come in the span.
RESERVE_PART, NEWCOMER_ATTEMPTS = 4, 2


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

    @property
    def site(self) -> Limit:
        """The share of a site: an organisation, or a network rented with a server."""
        count = max(self.each.count, self.everybody.count // SITE_PART)
        return replace(self.everybody, name=f"{self.each.name} of a site", count=count)

    @property
    def provider(self) -> Limit:
        """The share of a provider, or of one of its regions."""
        count = max(self.site.count, self.everybody.count // PROVIDER_PART)
        return replace(self.everybody, name=f"{self.each.name} of a provider", count=count)

    @property
    def without_reserve(self) -> Limit:
        """The limit of all together for attempts from providers that are not newcomers."""
        reserve = self.everybody.count // RESERVE_PART
        return replace(self.everybody, count=self.everybody.count - reserve)

    def of_networks(self, networks: list[str]) -> list[tuple[Limit, str]]:
        """Return (limit, network) for the result of ``networks_of``, smallest network first."""
        own = {
            0: (),
            3: (self.each, self.site, self.provider),
            4: (self.each, self.line, self.site, self.provider),
        }[len(networks)]
        return list(zip(own, networks, strict=True))


LETTERS = Limits(Limit("letters", 10, HOUR), Limit("letters of all", 60, MINUTE))
#: Limits of look-ups. They prevent guessing: each day has 10**12 possible receipt numbers.
QUESTIONS = Limits(Limit("questions", 30, HOUR), Limit("questions of all", 120, MINUTE))


def wait(limits: Limits, address: str) -> int:
    """Count an attempt; return 0 if it is allowed, else the seconds until the next one is allowed.

    A refused attempt is counted by none of the limits.
    """
    counted: list[str] = []
    for limit, network in limits.of_networks(networks_of(address)):
        key, seconds = _count(limit, network)
        if seconds:
            _undo(counted)
            return seconds
        counted.append(key)
    is_newcomer = bool(counted) and _is_newcomer(counted[-1])
    _key, seconds = _count(limits.everybody if is_newcomer else limits.without_reserve, "")
    if seconds:
        _undo(counted)
    return seconds


def _is_newcomer(provider_key: str) -> bool:
    """Return whether few attempts, this one included, have come from the provider in this span."""
    return Attempt.objects.filter(key=provider_key, count__lte=NEWCOMER_ATTEMPTS).exists()


def networks_of(address: str) -> list[str]:
    """Return the networks whose attempts are counted together with those of an IP address.

    For IPv4 these are the address itself, its /24 and its /16; for IPv6 the /64, /56, /48 and /32.
    A /56 is the largest network that providers usually assign to a subscriber; a /48 is easily
    rented, and a /32 is what a provider gets.
    """
    if not address:
        return []
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return [_network(ip, bits) for bits in (64, 56, 48, 32)]
        ip = ip.ipv4_mapped
    return [str(ip), _network(ip, 24), _network(ip, 16)]


def _network(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int) -> str:
    return str(ipaddress.ip_network(f"{ip}/{bits}", strict=False))


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
