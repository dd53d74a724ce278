"""What a server has answered, kept in a file; run as a module, it makes such a file of a whole run.

Usage: python -m benchmarks.recording FILE, with the tap's settings in the environment.
"""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from unittest.mock import patch

import msgspec
from typing_extensions import override

from tap_jobber.api.transport import Query, Transport

if TYPE_CHECKING:
    import requests

    from tap_jobber.api.decision import Reply


class Exchange(msgspec.Struct):
    """The name of a query and the body of its answer, decompressed."""

    operation: str | None
    body: bytes


def load(path: Path) -> list[Exchange]:
    """All exchanges of a recording, in the order in which they happened."""
    return msgspec.msgpack.decode(path.read_bytes(), type=list[Exchange])


class RecordingTransport(Transport):
    """Sends as the tap does and keeps every answer."""

    exchanges: ClassVar[list[Exchange]] = []

    @override
    def send(self, query: Query, access_token: str) -> tuple[Reply, float | None]:
        def keep(response: requests.Response, *_args: Any, **_kwargs: Any) -> None:
            response.raise_for_status()
            self.exchanges.append(Exchange(query.name, response.content))

        self._session.hooks["response"] = [keep]
        return super().send(query, access_token)


def main(path: Path) -> None:
    """Run the tap in this process and keep all that it was answered.

    Args:
        path: Where to.
    """
    from tap_jobber.tap import TapJobber  # noqa: PLC0415 - loads much that a reader of recordings has no use for

    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        patch("tap_jobber.connection.Transport", RecordingTransport),
    ):
        TapJobber(parse_env_config=True).sync_all()
    path.write_bytes(msgspec.msgpack.encode(RecordingTransport.exchanges))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
