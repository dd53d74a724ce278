"""The installed page as a process of its own, with all that it writes."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from tap_jobber.connect.connect_settings import ConnectSettings
from tests.connect.harness import SESSION_SECRET
from tests.e2e.harness import environment
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jobber_sandbox.server import Running

CONNECT = Path(sys.executable).with_name("tap-jobber-connect")
_START_SECONDS = 30.0


@dataclass(frozen=True)
class Started:
    """A page that answers.

    Args:
        config: Its settings, as far as they are told by addresses.
        home: Its home and working directory.
        process: The process.
    """

    config: ConnectSettings
    home: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """The address of the page."""
        return self.config.base_url

    @property
    def store(self) -> Path:
        """The token store."""
        return self.home / "tokens.json"

    def log(self) -> str:
        """All that it has written so far."""
        return "".join((self.home / name).read_text(encoding="utf-8") for name in ("stdout", "stderr"))


def env_of(jobber: Running, home: Path, port: int) -> dict[str, str]:
    """Return the environment of a page."""
    return {
        **jobber.env,
        "TAP_JOBBER_TOKEN_STORE": str(home / "tokens.json"),
        "TAP_JOBBER_CONNECT_SESSION_SECRET": SESSION_SECRET,
        "TAP_JOBBER_CONNECT_PORT": str(port),
        "TAP_JOBBER_CONNECT_NAME": "Northwind Reports",
        "TAP_JOBBER_CONNECT_CONTACT_URL": "mailto:help@example.com",
        "TAP_JOBBER_CONNECT_PRIVACY_URL": "https://example.com/privacy",
    }


@contextmanager
def started(jobber: Running, home: Path, env: Mapping[str, str] | None = None) -> Iterator[Started]:
    """Provide a page that answers from a process until the context ends."""
    port = free_port()
    whole = {**env_of(jobber, home, port), **(env or {})}
    with (home / "stdout").open("wb") as out, (home / "stderr").open("wb") as error:
        process = subprocess.Popen([CONNECT], cwd=home, env=environment(home, whole), stdout=out, stderr=error)
    page = Started(
        ConnectSettings(
            base_url=f"http://127.0.0.1:{port}",
            client_id=whole["TAP_JOBBER_CLIENT_ID"],
            client_secret=whole["TAP_JOBBER_CLIENT_SECRET"],
            session_secret=SESSION_SECRET,
        ),
        home,
        process,
    )
    try:
        _await(page)
        yield page
    finally:
        process.terminate()
        process.wait(10)


def _await(page: Started) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(page.url):
        assert page.process.poll() is None, page.log()
        assert time.monotonic() < deadline, page.log()
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=5).text == "ok\n"
    except requests.ConnectionError:
        return False
