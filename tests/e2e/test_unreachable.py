"""An address that leads nowhere, or to someone who cannot be trusted: one line, and soon."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from tests.e2e.harness import Bench, Outcome, bench
from tests.e2e.test_report import read
from tests.effort import some

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The longest that an address which never answered is tried, and what the run takes besides on a machine that is busy.
RETRY_SECONDS = 20
CASES = some(
    [
        ("closed port", "later run"),
        ("unknown host", "with a proxy"),
        ("closed port", "first run"),
        ("unknown host", "first run"),
        ("unknown host", "later run"),
    ],
    usual=2,
)
MAKE_CERTIFICATE = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[Outcome, bool]]:
    """Return the outcomes of runs that all only wait, so they do it together, each with True if it kept the store."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        addresses = {
            "closed port": f"http://127.0.0.1:{closed.getsockname()[1]}/api",
            "unknown host": "https://jobber.invalid/api",
        }
        with ThreadPoolExecutor() as pool:
            homes = tmp_path_factory.mktemp("homes")
            cases = {
                (name, when): pool.submit(_run_once, homes / f"{name} {when}", addresses[name], when)
                for name, when in CASES
            }
            return {key: case.result() for key, case in cases.items()}


def _run_once(home: Path, url: str, when: str) -> tuple[Outcome, bool]:
    home.mkdir()
    with bench(home) as one:
        if when == "later run":
            one.tap("--test=credentials").checked()
        before = one.connection()
        env = {"HTTPS_PROXY": url.replace("https://jobber.invalid", "http://127.0.0.1:9")} if "proxy" in when else {}
        outcome = one.tap("--report", home / "report.json", env=env, api_url=url)
        report = read(home / "report.json")
        assert (report["status"], report["exit_status"], len(report["errors"])) == ("failed", outcome.status, 1)
        return outcome, before == one.connection()


def _logged_seconds(outcome: Outcome) -> float:
    """Return the time from the first line of a log to the last, without that of its start."""
    stamps = [line[:23] for line in outcome.stderr.splitlines()]
    first, last = (datetime.strptime(stamps[at], "%Y-%m-%d %H:%M:%S,%f").astimezone() for at in (0, -1))
    return (last - first).total_seconds()


@pytest.mark.parametrize("case", CASES, ids=", ".join)
def test_host_that_leads_nowhere(nowhere: dict[tuple[str, str], tuple[Outcome, bool]], case: tuple[str, str]) -> None:
    outcome, is_kept = nowhere[case]
    cause = "the proxy http://127.0.0.1:9 cannot be reached" if "with a proxy" in case else "api_url"
    outcome.assert_refused("check", cause, "network", "proxy", status=75)
    assert outcome.streams == set()
    assert _logged_seconds(outcome) < RETRY_SECONDS
    assert is_kept


@pytest.fixture(params=some(["first run", "later run"]))
def connected(request: pytest.FixtureRequest, tiny: Bench) -> Bench:
    if request.param == "later run":
        tiny.tap("--test=credentials").checked()
    return tiny


def test_https_to_a_port_without_tls(connected: Bench) -> None:
    outcome = connected.refused(api_url=connected.server.api_url.replace("http://", "https://"))
    outcome.assert_refused("check", "api_url", "REQUESTS_CA_BUNDLE")
    assert outcome.streams == set()


def test_certificate_that_nobody_signed(connected: Bench, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("makes its certificate with openssl, which is not installed")
    with tls_server(openssl, tmp_path) as url:
        outcome = connected.refused(api_url=url)
    outcome.assert_refused("check", "api_url", "REQUESTS_CA_BUNDLE")
    assert outcome.streams == set()


def test_http_where_there_is_no_jobber(tiny: Bench) -> None:
    outcome = tiny.refused(api_url=f"{tiny.server.url}/elsewhere")
    outcome.assert_refused("check api_url")


@contextmanager
def tls_server(openssl: str, directory: Path) -> Iterator[str]:
    """Provide a server with a certificate of its own making, which says nothing once a connection stands."""
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    subprocess.run(
        [openssl, *MAKE_CERTIFICATE.split(), "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
        timeout=30,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_shake_hands, args=(listener, context), daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/api"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        try:
            with context.wrap_socket(connection, server_side=True):
                pass
        except OSError:
            connection.close()
