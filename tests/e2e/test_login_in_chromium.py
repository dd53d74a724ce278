"""`--login` with a real browser: it opens the page, a button is pressed, and it ends on the tap's own page."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tap_jobber.credentials.store import open_store
from tests.e2e.harness import TAP, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.harness import Bench

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server", "--disable-gpu"]
LIMIT_SECONDS = 30.0
# What the log-in takes for a browser: says where it was sent.
OPENER = "import sys; open(sys.argv[1], 'w').write(sys.argv[2])"

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium with its driver is installed")


class Browser:
    """A browser, by the WebDriver protocol.

    Args:
        url: The driver.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        options = {"binary": CHROMIUM, "args": ARGUMENTS}
        session = self._send("POST", "", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})
        self._url = f"{url}/{session['sessionId']}"

    def open(self, page: str) -> None:
        """Go to a page."""
        self._send("POST", "/url", {"url": page})

    def press(self, button: str) -> None:
        """Press a button, by the words on it."""
        found = self._send("POST", "/element", {"using": "xpath", "value": f"//button[.='{button}']"})
        self._send("POST", f"/element/{next(iter(found.values()))}/click", {})

    def text(self) -> str:
        """The text of the page."""
        script = "return document.body.innerText"
        return str(self._send("POST", "/execute/sync", {"script": script, "args": []}))

    def close(self) -> None:
        """End it."""
        self._send("DELETE", "")

    def _send(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - as the protocol has it
        answer = requests.request(method, f"{self._url}{path}", json=body, timeout=LIMIT_SECONDS)
        assert answer.ok, answer.text
        return answer.json()["value"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with subprocess.Popen([str(DRIVER), f"--port={port}"], stdout=subprocess.DEVNULL) as driver:
        try:
            deadline = time.monotonic() + LIMIT_SECONDS
            with socket.socket() as probe:
                while probe.connect_ex(("127.0.0.1", port)) and time.monotonic() < deadline:
                    time.sleep(0.05)
            browser = Browser(f"http://127.0.0.1:{port}/session")
            try:
                yield browser
            finally:
                browser.close()
        finally:
            driver.terminate()


def log_in(one: Bench, browser: Browser, button: str) -> tuple[int, str, str]:
    """Run `--login` and press a button; its status, what it printed, and the page that the browser ends on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        redirect_uri = f"http://localhost:{taken.getsockname()[1]}/callback"
    opened = one.home / "opened"
    opened.unlink(missing_ok=True)
    script = one.write("opener.py", OPENER)
    with subprocess.Popen(
        [TAP, "--config", one.config(refresh_token=None, redirect_uri=redirect_uri), "--login"],
        cwd=one.home,
        env=environment(one.home, {"BROWSER": f"{sys.executable} {script} {opened} %s"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as tap:
        browser.open(_awaited(opened))
        browser.press(button)
        said, _ = tap.communicate(timeout=LIMIT_SECONDS)
    return tap.returncode, said, browser.text()


def _awaited(path: Path) -> str:
    deadline = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text()):
            return text
        time.sleep(0.05)
    message = "no browser was opened"
    raise AssertionError(message)


def test_deny_and_allow(tiny: Bench) -> None:
    with chromium() as browser:
        status, said, page = log_in(tiny, browser, "Deny")
        assert status == 1
        assert "Access was denied" in said
        assert page.startswith("Not connected")
        assert "Access was denied" in page
        status, said, page = log_in(tiny, browser, "Allow access")
    assert status == 0, said
    (record,) = open_store(tiny.store).records()
    assert record.account is not None
    assert record.installer is not None
    assert page.startswith("Connected")
    assert f"Connected to {record.account.name} as {record.installer.name}, you can close this page." in page
    tiny.tap(streams=["vehicles"], refresh_token=None).checked()
