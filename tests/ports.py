"""Ports for servers that have to be told theirs."""

from __future__ import annotations

import random
import socket

# Below those that systems give to connections, one of which could take a port between its choice and its use.
_PORTS = range(20_000, 32_768)
_CHOICE = random.SystemRandom()


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens."""
    while True:
        port = _CHOICE.choice(_PORTS)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
