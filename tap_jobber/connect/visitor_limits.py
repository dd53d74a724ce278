"""Limits for visitors: the address that a request counts against, the number of requests, and codes used before."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_WINDOW_SECONDS = 60.0
_MOST_CLIENTS = 10_000
_MOST_CODES = 10_000
_NETWORK_BITS = 64
_PORT = re.compile(r"^([\d.]+|\[.+\]):\d+$")
"""Some proxies add the port to the address."""


def client_address(peer: str, forwarded: list[str], trusted_proxies: int) -> str:
    """Return the address that a request counts against.

    Each trusted proxy adds the address that it was reached from at the end of `X-Forwarded-For`. All before those, and
    the whole header without a proxy, may be invented by the client. An IPv6 client counts as its network of 64 bits,
    since it can choose the rest at will.

    Args:
        peer: The address that the connection comes from.
        forwarded: The `X-Forwarded-For` headers, in order.
        trusted_proxies: Number of proxies in front.
    """
    hops = [hop.strip() for header in forwarded for hop in header.split(",")] if trusted_proxies else []
    chain = [*hops, peer]
    # A chain that is too short means that a client went around a proxy, so the header is not to be trusted.
    told = chain[-1 - trusted_proxies] if len(chain) > trusted_proxies else peer
    try:
        address = ipaddress.ip_address(_PORT.sub(r"\1", told).strip("[]"))
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _NETWORK_BITS), strict=False))


class RateLimit:
    """Count calls by client, in a bucket that refills evenly; safe for several threads.

    Args:
        calls_per_minute: Number of calls that a client may make at once, and in each minute.
        clock: Seconds that never step back.
    """

    def __init__(self, calls_per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = float(calls_per_minute)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def count(self, client: str) -> float:
        """Count a call; return 0 if it is allowed, else the seconds to wait."""
        now, refill = self._clock(), self._capacity / _WINDOW_SECONDS
        with self._lock:
            left, since = self._buckets.pop(client, (self._capacity, now))
            left = min(self._capacity, left + (now - since) * refill)
            is_admitted = left >= 1
            self._buckets[client] = (left - 1 if is_admitted else left, now)
            if len(self._buckets) > _MOST_CLIENTS:
                self._buckets.popitem(last=False)
        return 0.0 if is_admitted else (1 - left) / refill


class UsedCodes:
    """The codes that were used, so that none is sent to Jobber twice; safe for several threads.

    A visitor who reloads the page while Jobber answers sends the same code again, and an authorization server should
    revoke the tokens of a code that is redeemed twice (RFC 6749, 4.1.2). The oldest codes are dropped.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def add(self, code: str) -> bool:
        """Add a code; return False if it was there already."""
        digest = hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            if digest in self._seen:
                return False
            self._seen[digest] = None
            if len(self._seen) > _MOST_CODES:
                self._seen.popitem(last=False)
        return True
