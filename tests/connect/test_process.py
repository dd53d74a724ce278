"""The installed page: how it starts, what it writes, and what is left when it is killed."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tap_jobber.connect.connect_settings import SETTINGS
from tests.connect.harness import OTHER_ADMIN, Site, Time, location, records_of, until
from tests.connect.process import CONNECT, env_of, started
from tests.e2e.harness import environment, run
from tests.effort import some
from tests.ports import free_port

if TYPE_CHECKING:
    from jobber_sandbox.server import Running
    from tap_jobber.connect.connected_accounts import ConnectedAccounts
    from tests.connect.process import Started


def site_of(jobber: Running, page: Started) -> Site:
    nothing: ConnectedAccounts = None  # type: ignore[assignment]  # it is in the other process
    return Site(jobber, page.config, page.store, Time(), nothing, urlsplit(page.url).port or 0)


def test_nothing_secret_is_written_anywhere(jobber: Running, tmp_path: Path) -> None:
    with started(jobber, tmp_path) as page:
        site = site_of(jobber, page)
        installer, other, colleague, victim = (site.visitor() for _ in range(4))
        secrets = set()
        installer.connect()
        secrets |= site.secrets()
        other.connect(OTHER_ADMIN)
        colleague.manage(OTHER_ADMIN)
        site.visitor().manage()
        secrets |= site.secrets()
        victim.get(location(installer.authorise()))
        victim.get(location(installer.press_connect()))
        victim.get("/oauth/callback?code=no-good-code&state=no-good-state")
        victim.get("/manage?code=no-good-code")
        installer.authorise(decision="deny")
        jobber.sandbox.faults.arm([{"kind": "token_status"}, {"kind": "status", "status": 500, "times": 1}])
        installer.get(location(installer.authorise()))
        jobber.sandbox.faults.clear()
        installer.connect()
        installer.post("/disconnect", {"form_token": installer.form_token("/disconnect")})
        written = page.log()
    answers = [answer for visitor in (installer, other, colleague, victim) for answer in visitor.seen]
    for answer in answers:
        query = parse_qs(urlsplit(answer.url).query)
        secrets |= {value for name in ("code", "state") for value in query.get(name, ())}
        secrets |= {cookie.value or "" for cookie in answer.cookies if cookie.name.startswith("tap-jobber")}
    own = [answer for answer in answers if answer.url.startswith(site.url)]
    assert len(secrets) > 20
    assert len(own) > 20
    assert "Connected to" in written
    assert "Traceback" not in written
    for secret in secrets - {""}:
        assert secret not in written
        for answer in own:
            assert secret not in answer.text
            leads_to = answer.headers.get("location", "")
            is_fresh_state = leads_to.startswith(f"{jobber.api_url}/oauth/authorize?") and f"state={secret}" in leads_to
            assert secret not in leads_to or is_fresh_state
    for word in ("code=", "state=", "GET /", "Bearer", "eyJ"):
        assert word not in written


def test_killed_between_exchange_and_save(jobber: Running, tmp_path: Path) -> None:
    with started(jobber, tmp_path) as page:
        site = site_of(jobber, page)
        site.visitor().connect()
        before = page.store.read_bytes()
        visitor = site.visitor()
        back = location(visitor.authorise())
        jobber.sandbox.faults.arm([{"kind": "token_slow", "seconds": 0.5}])
        waiting = threading.Thread(target=_ignoring_the_end, args=(visitor.session, back))
        waiting.start()
        until(lambda: all(fault.is_spent for fault in jobber.sandbox.faults.armed))
        page.process.send_signal(signal.SIGKILL)
        page.process.wait()
        waiting.join()
        until(lambda: jobber.sandbox.credentials.exchanges == 2)
    assert page.store.read_bytes() == before
    with started(jobber, tmp_path) as page:
        site = site_of(jobber, page)
        site.visitor().connect()
        (record,) = records_of(page.store)
        assert record["state"] == "connected"
        assert record["refresh_token"].encode() not in before


def _ignoring_the_end(session: requests.Session, url: str) -> None:
    with pytest.raises(requests.ConnectionError):
        session.get(url, allow_redirects=False, timeout=20)


def test_tokens_wait_until_it_is_known_whose_they_are(site: Site) -> None:
    site.visitor().connect()
    (before,) = records_of(site.store)
    visitor = site.visitor()
    back = location(visitor.authorise(OTHER_ADMIN))
    # Account and user, then the account alone.
    site.sandbox.faults.arm([{"kind": "invalid_query", "times": 2}])
    assert visitor.get(back).status_code == 503
    site.sandbox.faults.clear()
    assert before in records_of(site.store)
    assert visitor.get("/connection").status_code == 401
    site.visitor().connect()


def test_help_tells_all(tmp_path: Path) -> None:
    outcome = run([CONNECT, "--help"], tmp_path)
    assert outcome.status == 0
    for setting in SETTINGS:
        assert setting.name in outcome.stdout
        assert (setting.option in outcome.stdout) != setting.secret
    for path in ("/oauth/callback", "/manage", "/webhooks/jobber"):
        assert path in outcome.stdout


@pytest.mark.parametrize(
    ("changed", "said"),
    some(
        [
            ({"TAP_JOBBER_CONNECT_SESSION_SECRET": "short and sweet"}, "is too short (15 of 32 characters)"),
            ({"TAP_JOBBER_TOKEN_STORE": "/proc/nowhere/tokens.json"}, "token store"),
        ]
    ),
)
def test_bad_start_is_one_line(jobber: Running, tmp_path: Path, changed: dict[str, str], said: str) -> None:
    outcome = run([CONNECT], tmp_path, {**env_of(jobber, tmp_path, free_port()), **changed})
    assert outcome.status == 1
    assert outcome.stdout == ""
    (line,) = outcome.stderr.splitlines()
    assert said in line
    assert ": " in line
    for secret in ("short and sweet", jobber.sandbox.credentials.client_secret):
        assert secret not in line


def test_without_the_extra_it_is_one_line(tmp_path: Path) -> None:
    lacking = "import sys; sys.modules['uvicorn'] = None; import tap_jobber.connect.__main__"
    outcome = run([sys.executable, "-c", lacking], tmp_path)
    assert outcome.status == 1
    assert outcome.stderr == "tap-jobber-connect: uvicorn is not installed: pip install 'tap-jobber[connect]'\n"


@pytest.mark.stress
def test_port_that_is_taken(jobber: Running, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        outcome = run([CONNECT], tmp_path, env_of(jobber, tmp_path, other.getsockname()[1]))
    assert outcome.status == 1
    assert "address already in use" in outcome.stderr
    assert "free the address, or set TAP_JOBBER_CONNECT_HOST and TAP_JOBBER_CONNECT_PORT" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_dotenv_file_is_read_and_the_page_ends_when_told(jobber: Running, tmp_path: Path) -> None:
    port = free_port()
    env = env_of(jobber, tmp_path, port)
    lines = [f"{name}={value}\n" for name, value in env.items()]
    Path(tmp_path, ".env").write_text("".join(lines), encoding="utf-8")
    with Path(tmp_path, "stderr").open("wb") as error:
        process = subprocess.Popen([CONNECT], cwd=tmp_path, env=environment(tmp_path), stderr=error)
    until(lambda: "running on" in Path(tmp_path, "stderr").read_text(encoding="utf-8"))
    answer = requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5)
    assert (answer.status_code, answer.text) == (200, "ok\n")
    process.terminate()
    assert process.wait(10) in {0, -signal.SIGTERM}
