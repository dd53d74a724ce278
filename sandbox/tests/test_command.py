"""The executable: `serve`, `exec`, and that neither leaves anything behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from jobber_sandbox.options import parse

SMALL = ["--scale", "0.05"]


def is_alive(pid: int) -> bool:
    """Return True if a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    """Return True if a process ends within a few seconds."""
    for _ in range(100):
        if not is_alive(pid):
            return True
        time.sleep(0.05)
    return False


def start(*words: str) -> subprocess.Popen[str]:
    """Start the executable."""
    command = [sys.executable, "-m", "jobber_sandbox", *words]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=-1, stderr=-1, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Status, stdout and stderr of a process once it has ended."""
    with process:
        out, error = process.communicate(timeout=30)
    return process.returncode, out, error


def execute(*command: str) -> tuple[int, str, str]:
    return ended(start("exec", *SMALL, "--", *command))


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.stress)])
def test_serve_says_where_and_stops(number: signal.Signals) -> None:
    with start("serve", *SMALL, "--speed", "3") as server:
        assert server.stdout is not None
        assert server.stderr is not None
        ready = json.loads(server.stdout.readline())
        assert {"url", "api_url", "client_id", "client_secret", "refresh_token", "pid"} <= set(ready)
        assert ready["api_url"] == f"{ready['url']}/api"
        assert ready["pid"] == server.pid
        assert requests.get(f"{ready['url']}/sandbox/state", timeout=5).json()["clientId"] == ready["client_id"]
        server.send_signal(number)
        assert server.wait(10) == 0
        assert server.stdout.read() == ""
        assert "1,500 points restored a second (speed 3)" in server.stderr.read()
    with pytest.raises(requests.ConnectionError):
        requests.get(ready["url"], timeout=2)


def test_exec_gives_environment_and_keeps_stdout_clean() -> None:
    code = (
        "import os, json, urllib.request;"
        "names = ['API_URL', 'CLIENT_ID', 'CLIENT_SECRET', 'REFRESH_TOKEN', 'TOKEN_STORE', 'SANDBOX_URL'];"
        "held = {name: os.environ['TAP_JOBBER_' + name] for name in names};"
        "held['state'] = json.load(urllib.request.urlopen(held['SANDBOX_URL'] + '/sandbox/state'));"
        "held['directory'] = os.path.isdir(os.path.dirname(held['TOKEN_STORE']));"
        "print(json.dumps(held)); raise SystemExit(7)"
    )
    status, out, _error = execute(sys.executable, "-c", code)
    assert status == 7
    held = json.loads(out)
    assert held["API_URL"] == f"{held['SANDBOX_URL']}/api"
    assert held["state"]["clientId"] == held["CLIENT_ID"]
    assert held["directory"]
    assert not Path(held["TOKEN_STORE"]).parent.exists()


def test_exec_passes_on_the_status() -> None:
    assert execute("sh", "-c", "exit 3")[0] == 3
    assert execute("sh", "-c", "kill -9 $$")[0] == 128 + 9
    assert execute("no-such-command") == (127, "", "jobber-sandbox: no command 'no-such-command' was found\n")


@pytest.mark.parametrize(
    "number",
    [signal.SIGKILL, *(pytest.param(each, marks=pytest.mark.stress) for each in (signal.SIGTERM, signal.SIGINT))],
)
def test_exec_leaves_no_process(number: signal.Signals) -> None:
    if number == signal.SIGKILL and sys.platform != "linux":
        pytest.skip("only Linux tells a child of its parent's death")
    command = ["sh", "-c", "echo $$; exec sleep 60"]
    with start("exec", *SMALL, "--", *command) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(parent.pid, number)
        status = parent.wait(10)
        assert gone(child)
    assert status == (-number if number == signal.SIGKILL else 128 + number)


@pytest.mark.stress
def test_port_that_is_taken_is_one_clear_line() -> None:
    with start("serve", *SMALL) as server:
        assert server.stdout is not None
        port = json.loads(server.stdout.readline())["url"].rsplit(":", 1)[1]
        status, _out, error = ended(start("serve", "--port", port))
        server.terminate()
    assert status == 1
    assert len(error.splitlines()) == 1
    assert "in use" in error


def test_options() -> None:
    options = parse(
        ["--seed", "9", "--rotation", "off", "--expensive", "Job.total=4", "--versions", "2026-09-25,2025-04-16"]
    )
    assert (options.seed, options.rotation, options.expensive) == (9, "off", {"Job.total": 4})
    assert options.versions.active == ("2025-04-16", "2026-09-25")
    assert parse(["--no-expires-at"]).expires_at is False
    for words in (["--scale", "0"], ["--expensive", "Job=1"], ["--faults", "/no/such/file"]):
        with pytest.raises(SystemExit):
            parse(words)


@pytest.mark.stress
def test_exec_names_the_variables_as_asked() -> None:
    names = "import os; print([name for name in os.environ if name.endswith('SANDBOX_URL')])"
    options = [*SMALL, "--env-prefix", "JOBBER_"]
    assert ended(start("exec", *options, "--", sys.executable, "-c", names))[:2] == (0, "['JOBBER_SANDBOX_URL']\n")
    status, _out, error = ended(start("exec", "--env-prefix", "2=", "--", "true"))
    assert status == 2
    assert error.endswith("'2=' cannot begin the name of an environment variable\n")
