"""Whom a request is counted against, and how many are let through."""

from __future__ import annotations

import pytest

from tap_jobber.connect.visitor_limits import RateLimit, UsedCodes, client_address


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "expected"),
    [
        ("192.0.2.1", [], 0, "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], 0, "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], 1, "198.51.100.7"),
        ("192.0.2.1", ["invented, 198.51.100.7"], 1, "198.51.100.7"),
        ("192.0.2.1", ["invented", "198.51.100.7"], 1, "198.51.100.7"),
        ("192.0.2.1", ["198.51.100.7, 192.0.2.9"], 2, "198.51.100.7"),
        ("192.0.2.1", ["192.0.2.9"], 2, "192.0.2.1"),
        ("192.0.2.1", [], 1, "192.0.2.1"),
        ("192.0.2.1", ["no address"], 1, "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7:54321"], 1, "198.51.100.7"),
        ("192.0.2.1", ["[2001:db8:1:2:3::4]:54321"], 1, "2001:db8:1:2::/64"),
        ("192.0.2.1", ["2001:db8:1:2:3::4"], 1, "2001:db8:1:2::/64"),
        ("192.0.2.1", ["no address:80"], 1, "192.0.2.1"),
        ("2001:db8:1:2:3::4", [], 0, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", [], 0, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", [], 0, "192.0.2.1"),
        ("unknown", [], 0, "unknown"),
    ],
)
def test_client(peer: str, forwarded: list[str], trusted: int, expected: str) -> None:
    assert client_address(peer, forwarded, trusted) == expected


def test_each_client_has_its_own_share() -> None:
    now = 0.0
    limit = RateLimit(3, clock=lambda: now)
    assert [limit.count("a") for _ in range(4)] == [0, 0, 0, 20]
    assert limit.count("b") == 0
    now = 19.0
    assert limit.count("a") == pytest.approx(1)
    now = 20.0
    assert limit.count("a") == 0
    assert limit.count("a") > 0
    now = 1_000.0
    assert [limit.count("a") for _ in range(4)][:3] == [0, 0, 0]


def test_memory_is_bounded() -> None:
    limit = RateLimit(1, clock=lambda: 0.0)
    for number in range(10_500):
        limit.count(str(number))
    assert len(limit._buckets) == 10_000  # noqa: SLF001 - that memory does not grow is not to be seen from outside
    assert limit.count("10499") > 0


def test_code_is_new_once() -> None:
    codes = UsedCodes()
    assert [codes.add(code) for code in ("a", "b", "a", "", "b")] == [True, True, False, True, False]


def test_memory_of_codes_is_bounded() -> None:
    codes = UsedCodes()
    for number in range(10_500):
        assert codes.add(str(number))
    assert len(codes._seen) == 10_000  # noqa: SLF001 - that memory does not grow is not to be seen from outside
    assert not codes.add("10499")
