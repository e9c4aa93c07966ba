"""Tests of rate limits: counters are shared by database connections; no IP address is stored."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import freeze_time
from django.utils import timezone

from portal.letters.limits import (
    LETTERS,
    LINE_FACTOR,
    NEWCOMER_ATTEMPTS,
    QUESTIONS,
    RESERVE_PART,
    Limit,
    Limits,
    networks_of,
    wait,
)
from portal.letters.models import Attempt

FEW = Limits(Limit("few", 3, 3600), Limit("few of all", 5, 60))
#: A time (in seconds since 1970) in the middle of an hour and of a minute.
AT = 1_800_000_000 // 3600 * 3600 + 1830


#: Addresses of different providers.
ONE, TWO, THREE = "203.0.113.1", "198.51.100.2", "192.0.2.3"


def counted() -> list[int]:
    return sorted(Attempt.objects.values_list("count", flat=True))


@pytest.mark.django_db
def test_limits_per_address_and_in_total() -> None:
    with freeze_time(AT):
        assert [wait(FEW, ONE) for _ in range(5)] == [0, 0, 0, 1771, 1771]
        # Refused attempts do not count towards the global limit over all IP addresses.
        assert [wait(FEW, TWO) for _ in range(3)] == [0, 0, 31]
        assert wait(FEW, "") == 31
    with freeze_time(AT + 60):
        assert [wait(FEW, address) for address in (ONE, THREE)] == [1711, 0]
    with freeze_time(AT + 3600):
        assert wait(FEW, "203.0.113.1") == 0


@pytest.mark.django_db
def test_refusal_by_the_total_limit_is_not_counted_for_the_address() -> None:
    with freeze_time(AT):
        assert [wait(FEW, ONE) for _ in range(3)] == [0, 0, 0]
        assert [wait(FEW, TWO) for _ in range(5)] == [0, 0, 31, 31, 31]
        assert counted() == [2, 2, 2, 3, 3, 3, 5]
    with freeze_time(AT + 60):
        assert [wait(FEW, TWO) for _ in range(2)] == [0, 1711]


@pytest.mark.django_db
def test_limit_of_a_subscriber_line() -> None:
    """A subscriber with 256 networks cannot exhaust the limit of all addresses together."""
    many = Limits(Limit("few", 3, 3600), Limit("many of all", 100, 60))
    with freeze_time(AT):
        found = [wait(many, f"2001:db8:0:1{n:02x}::1") for n in range(256) for _ in range(3)]
        assert found == [0] * 9 + [1771] * (256 * 3 - 9)
        # Attempts that the subscriber line's limit refuses are not counted by the other limits.
        assert counted() == [*[0] * 253, 3, 3, 3, 9, 9, 9, 9]
        assert [wait(many, "2001:db8:0:200::1") for _ in range(4)] == [0, 0, 0, 1771]
        # An IPv4 address has no limit of a line.
        assert [wait(many, f"203.0.113.{n}") for n in range(12)] == [0] * 12


@pytest.mark.parametrize("limits", [LETTERS, QUESTIONS])
def test_a_subscriber_line_uses_less_than_a_tenth_of_the_total(limits: Limits) -> None:
    spans = limits.each.seconds // limits.everybody.seconds
    assert 10 * LINE_FACTOR * limits.each.count < spans * limits.everybody.count


#: Shapes of a flood: a name -> the n-th of its addresses.
FLOODS = {
    "a /48": lambda n: f"2001:db8:7:{n:x}::1",
    "a /48, one address for each /56": lambda n: f"2001:db8:7:{n % 256:x}00::{n:x}",
    "a /32": lambda n: f"2001:db8:{n:x}::1",
    "a /24": lambda n: f"203.0.113.{n % 256}",
    "a /16": lambda n: f"203.0.{n % 256}.{n // 256}",
    "a /24, mapped": lambda n: f"::ffff:203.0.113.{n % 256}",
}


@pytest.mark.django_db
@pytest.mark.parametrize("limits", [LETTERS, QUESTIONS])
@pytest.mark.parametrize("flood", FLOODS)
def test_one_network_leaves_the_rest_to_others(flood: str, limits: Limits) -> None:
    share = limits.provider if flood in ("a /32", "a /16") else limits.site
    assert share.count <= limits.everybody.count / 2
    with freeze_time(AT):
        found = [wait(limits, FLOODS[flood](n)) for n in range(limits.everybody.count + 20)]
        assert found.count(0) == share.count
        assert set(found) <= {0, 31}
        # Refused attempts use nothing of the total.
        assert wait(limits, "2001:470:1:2::1") == 0
    with freeze_time(AT + 60):
        assert wait(limits, FLOODS[flood](1000)) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("limits", [LETTERS, QUESTIONS])
def test_newcomers_keep_a_reserve(limits: Limits) -> None:
    """Several large networks together leave a reserve, which others may use for a few attempts."""
    reserve = limits.everybody.count - limits.without_reserve.count
    assert reserve == limits.everybody.count // RESERVE_PART > 0
    with freeze_time(AT):
        many = [wait(limits, f"2001:db{n % 4}:{n:x}::1") for n in range(3 * limits.everybody.count)]
        assert many.count(0) == limits.without_reserve.count
        newcomer = [wait(limits, "2001:470:1:2::1") for _ in range(NEWCOMER_ATTEMPTS + 1)]
        assert newcomer == [*[0] * NEWCOMER_ATTEMPTS, 31]
        assert wait(limits, "") == 31  # an unknown address is no newcomer
        others = [wait(limits, f"20{n:02}:470::1") for n in range(reserve)]
        assert others.count(0) == reserve - NEWCOMER_ATTEMPTS
        assert others[-1] == 31


#: The networks around 2001:db8:1::, beyond a subscriber's line.
WIDE = ["2001:db8:1::/48", "2001:db8::/32"]


@pytest.mark.parametrize(
    ("address", "networks"),
    [
        ("203.0.113.1", ["203.0.113.1", "203.0.113.0/24", "203.0.0.0/16"]),
        ("::ffff:203.0.113.1", ["203.0.113.1", "203.0.113.0/24", "203.0.0.0/16"]),
        ("2001:db8:1:2:3:4:5:6", ["2001:db8:1:2::/64", "2001:db8:1::/56", *WIDE]),
        ("2001:db8:1:2::1", ["2001:db8:1:2::/64", "2001:db8:1::/56", *WIDE]),
        ("2001:db8:1:1ff::1", ["2001:db8:1:1ff::/64", "2001:db8:1:100::/56", *WIDE]),
        ("", []),
    ],
)
def test_networks_of_an_address(address: str, networks: list[str]) -> None:
    assert networks_of(address) == networks


@pytest.mark.django_db
def test_counters_do_not_reveal_addresses() -> None:
    keys = []
    for at in (AT, AT + 24 * 3600):
        with freeze_time(at):
            wait(FEW, "203.0.113.1")
            keys.append(set(Attempt.objects.values_list("key", flat=True)))
            Attempt.objects.all().delete()
    assert not keys[0] & keys[1]
    assert {len(key) for pair in keys for key in pair} == {64}
    assert all(key[:3] != "203" or "113" not in key for pair in keys for key in pair)
    columns = {field.name for field in Attempt._meta.get_fields()}
    assert columns == {"id", "key", "count", "until"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("each", "everybody", "allowed"),
    [(10, 10**6, 10), (10**6, 12, 12 - 12 // RESERVE_PART)],
)
def test_concurrent_attempts_do_not_exceed_the_limit(
    each: int, everybody: int, allowed: int
) -> None:
    """Each thread has its own database connection, as separate processes have."""
    limits = Limits(Limit("race", each, 10**6), Limit("all", everybody, 10**6))
    found: list[int] = []
    start = threading.Barrier(8)

    def go() -> None:
        try:
            start.wait()
            for _ in range(4):
                found.append(wait(limits, "::1"))
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 32
    assert found.count(0) == allowed
    assert counted() == [allowed] * 5
    assert Attempt.objects.filter(until__gt=timezone.now() + timedelta(days=30)).count() == 0
