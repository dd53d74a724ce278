"""Who a request comes from, whether that client has sent too many, and whether a code has come before."""

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
    """The address to count a request against.

    Each trusted proxy adds the address that it was reached from at the end of `X-Forwarded-For`; what stands before
    those, and the whole header without a proxy, is the client's own invention. An IPv6 client is its network of 64
    bits, since it can choose the rest at will.

    Args:
        peer: Where the connection comes from.
        forwarded: The `X-Forwarded-For` headers, in order.
        trusted_proxies: How many proxies are in front.
    """
    hops = [hop.strip() for header in forwarded for hop in header.split(",")] if trusted_proxies else []
    chain = [*hops, peer]
    # A shorter chain than promised means that someone came past a proxy; then nothing in the header is to be believed.
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
    """Counts calls by client, as a bucket that refills evenly; safe for several threads.

    Args:
        calls_per_minute: How many calls a client may make at once, and in each minute.
        clock: Seconds that never step back.
    """

    def __init__(self, calls_per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = float(calls_per_minute)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_seconds(self, client: str) -> float:
        """Count a call; nothing if it may go on, else how long the client should stay away."""
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
    """The codes that have come, so that none is sent to Jobber twice: safe for several threads.

    Someone who reloads the page while Jobber takes its time brings the same code again, and an authorization server
    should revoke the tokens of a code that is redeemed twice (RFC 6749, 4.1.2). The oldest are forgotten.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def is_new(self, code: str) -> bool:
        """Whether a code has not come before; from now on it has."""
        digest = hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            if digest in self._seen:
                return False
            self._seen[digest] = None
            if len(self._seen) > _MOST_CODES:
                self._seen.popitem(last=False)
        return True
