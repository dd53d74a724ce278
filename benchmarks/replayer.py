"""Answers queries from a recording, over HTTP, with as little work as possible.

Usage: python -m benchmarks.replayer FILE. Bodies are compressed beforehand. Each connection is answered from the
beginning and in order, for the windows of a query follow the clock, which has gone on since the recording; a query
of another name than the recorded one gets 404.
"""

from __future__ import annotations

import gzip
import json
import socket
import sys
from email.utils import formatdate
from pathlib import Path
from typing import IO

import msgspec.json

from benchmarks.recording import load

_NOT_RECORDED = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nnot recorded"


def main(path: Path) -> None:
    """Serve a recording, one connection at a time, until stopped."""
    responses = [(exchange.operation, _response(exchange.body)) for exchange in load(path)]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(json.dumps({"api_url": f"http://127.0.0.1:{listener.getsockname()[1]}/api"}), flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            coming = iter(responses)
            with connection, connection.makefile("rb") as requests:
                while (body := _request_body(requests)) is not None:
                    operation, response = next(coming, (None, _NOT_RECORDED))
                    asked = msgspec.json.decode(body).get("operationName")
                    connection.sendall(response if asked == operation else _NOT_RECORDED)


def _response(body: bytes) -> bytes:
    compressed = gzip.compress(body, compresslevel=6)
    head = (
        f"Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {len(compressed)}\r\n"
        f"Date: {formatdate(usegmt=True)}"
    )
    return f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + compressed


def _request_body(requests: IO[bytes]) -> bytes | None:
    """The body of the next request, or None where there is none."""
    length_bytes = None
    for line in iter(requests.readline, b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length_bytes = int(value)
        if not line.strip():
            return requests.read(length_bytes or 0)
    return None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
