"""Start and stop the HTTP server of a sandbox inside this process."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from typing_extensions import override

from jobber_sandbox.app import build_app
from jobber_sandbox.options import Options
from jobber_sandbox.sandbox import Sandbox
from jobber_sandbox.transport import Connections

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKLOG = 512
STOP_SECONDS = 5.0


@dataclass(frozen=True)
class Running:
    """A sandbox that answers.

    Args:
        sandbox: Its state in memory; may be changed while it runs.
        url: Its address without a path.
        token_store: A path for a client's token store, in a directory that goes when the sandbox stops.
    """

    sandbox: Sandbox
    url: str
    token_store: Path

    @property
    def api_url(self) -> str:
        """The address that stands for Jobber's own `https://api.getjobber.com/api`."""
        return f"{self.url}/api"

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that lead a client to this sandbox."""
        credentials = self.sandbox.credentials
        values = {
            "API_URL": self.api_url,
            "CLIENT_ID": credentials.client_id,
            "CLIENT_SECRET": credentials.client_secret,
            "REFRESH_TOKEN": self.sandbox.first_refresh_tokens[1],
            "TOKEN_STORE": str(self.token_store),
            "SANDBOX_URL": self.url,
        }
        return {f"{self.sandbox.options.env_prefix}{name}": value for name, value in values.items()}


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that takes connections from now on; port 0 takes a free one, so that nobody can take it first."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sets NODELAY only if named
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the address of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """uvicorn's server, but it ends at once when told to; uvicorn's own looks ten times a second, and waits at the end.

    Args:
        config: uvicorn's configuration.
        connections: Those that are cut off when it ends.
    """

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self._connections = connections
        self._told = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """End soon; from another thread than the one that serves."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended already
                self._loop.call_soon_threadsafe(self._told.set)

    @override
    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        if not self.should_exit:
            await self._told.wait()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        self._connections.abort()
        await asyncio.sleep(0)  # lets them be told


def _server_of(sandbox: Sandbox) -> _Server:
    connections = Connections()
    config = uvicorn.Config(
        build_app(sandbox, connections),
        http=connections.protocol(),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        date_header=False,
        server_header=False,
    )
    return _Server(config, connections)


@contextmanager
def running(options: Options | None = None) -> Iterator[Running]:
    """Run a sandbox in a thread of this process until the context ends."""
    options = options or Options()
    listener = listening(options.host, options.port)
    with listener, tempfile.TemporaryDirectory(prefix="jobber-sandbox-") as directory:
        sandbox = Sandbox(options)
        server = _server_of(sandbox)
        arguments: dict[str, Any] = {"sockets": [listener]}
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(**arguments)), name="sandbox", daemon=True)
        thread.start()
        try:
            yield Running(sandbox, url_of(listener), Path(directory, "tokens.json"))
        finally:
            sandbox.stopping.set()
            server.stop()
            thread.join(STOP_SECONDS)
