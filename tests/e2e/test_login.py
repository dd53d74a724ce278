"""`--login` against the sandbox's own page: a person who consents, denies, comes too late, or is somebody else."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import State
from tap_jobber.errors import ExitStatus
from tests.e2e.harness import TAP, Bench, Outcome, bench, environment, run
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# What the log-in takes for a browser: leaves the address where the test waits for it.
BROWSER = "import os, sys; os.write(os.open(sys.argv[1], os.O_WRONLY), sys.argv[2].encode() + bytes([10]))"


@dataclass
class Person:
    """Someone at the browser.

    Args:
        user: Whom they are logged in as, `account:user`.
        decision: Which button they press.
        spoil: Changes the address that they are sent back to.
        pages: What they were shown on this machine.
        codes: What Jobber gave them to bring back.
    """

    user: str = "1:1"
    decision: str = "allow"
    spoil: Callable[[str], str] = lambda location: location
    pages: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)

    def consent(self, page: str) -> str:
        """Press a button on Jobber's page; where it leads."""
        shown = requests.get(page, timeout=10)
        assert "Connect the app" in shown.text
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown.text))
        answered = requests.post(
            page.partition("?")[0],
            data={**fields, "user": self.user, "decision": self.decision},
            allow_redirects=False,
            timeout=10,
        )
        self.codes += parse_qs(urlsplit(answered.headers["location"]).query).get("code", [])
        return self.spoil(answered.headers["location"])

    def visit(self, page: str) -> None:
        """Press a button and go where it leads."""
        with suppress(requests.ConnectionError):
            self.pages.append(requests.get(self.consent(page), timeout=30).text)


@contextmanager
def browser(home: Path, person: Person) -> Iterator[dict[str, str]]:
    """Provide the environment in which a log-in opens this person's browser."""
    pipe = home / "browser"
    os.mkfifo(pipe)
    script = home / "browser.py"
    script.write_text(BROWSER, encoding="utf-8")
    watch = os.open(pipe, os.O_RDWR)

    def serve() -> None:
        with os.fdopen(watch) as lines:
            for line in lines:
                if not line.strip():
                    return
                person.visit(line.strip())

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield {"BROWSER": f"{sys.executable} {script} {pipe} %s"}
    finally:
        with pipe.open("w") as end:
            end.write("\n")
        thread.join()
        pipe.unlink()


def log_in(one: Bench, person: Person, *words: str, **settings: Any) -> Outcome:
    """Run `--login` with a person at the browser."""
    chosen = {"refresh_token": None, "redirect_uri": f"http://localhost:{free_port()}/callback", **settings}
    with browser(one.home, person) as env:
        outcome = one.tap("--login", *words, env={**env, "TAP_JOBBER_LOGLEVEL": "DEBUG"}, **chosen)
    assert not [code for code in person.codes if code in outcome.stdout + outcome.stderr + "".join(person.pages)]
    return outcome


def warnings(outcome: Outcome) -> list[str]:
    """Return the warnings, without that of the API version."""
    return [text for text in outcome.warnings if "API version" not in text]


def assert_refused(outcome: Outcome, *words: str, status: ExitStatus = ExitStatus.MEND) -> None:
    """One line that names cause and remedy, and the status of that kind of failure."""
    assert outcome.status == status, outcome.stderr
    (line,) = outcome.errors
    assert ": " in line
    for word in words:
        assert word.lower() in line.lower(), line


def test_a_person_logs_in_and_the_tap_runs(tiny: Bench) -> None:
    person = Person()
    outcome = log_in(tiny, person, "--name", "main", "--description", "the nightly copy")
    assert outcome.status == 0, outcome.stderr
    (record,) = open_store(tiny.store).records()
    assert record.is_settled
    assert f"Connected to {record.account} as {record.installer}." in outcome.stdout
    assert (record.name, record.description, record.state) == ("main", "the nightly copy", State.CONNECTED)
    assert f"--config {tiny.home / 'config.json'} --test" in outcome.stdout
    assert record.account is not None
    assert record.installer is not None
    (page,) = person.pages
    assert f"Connected to {record.account.name} as {record.installer.name}. You can close this page." in page
    tiny.tap(streams=["vehicles"], refresh_token=None).checked()
    assert tiny.sandbox.credentials.refreshes == 0
    assert tiny.sandbox.credentials.exchanges == 1


def test_what_the_settings_still_hold_is_older_than_the_log_in(tiny: Bench) -> None:
    assert log_in(tiny, Person(), refresh_token=tiny.refresh_token).status == 0
    tiny.tap(streams=["vehicles"]).checked()
    assert tiny.sandbox.credentials.refreshes == 0


def test_denied(tiny: Bench) -> None:
    person = Person(decision="deny")
    assert_refused(log_in(tiny, person), "denied", "--login again and allow")
    assert "Not connected" in person.pages[0]
    assert not tiny.store.exists()


def test_another_state(tiny: Bench) -> None:
    person = Person(spoil=lambda location: re.sub(r"state=[^&]*", "state=guessed", location))
    assert_refused(log_in(tiny, person), "state", "--login again")
    assert tiny.sandbox.credentials.exchanges == 0
    without = Person(spoil=lambda location: re.sub(r"&state=[^&]*", "", location))
    assert_refused(log_in(tiny, without), "state", "--login again")


def test_a_code_that_was_used(tiny: Bench) -> None:
    def use(location: str) -> str:
        code = parse_qs(urlsplit(location).query)["code"][0]
        credentials = tiny.sandbox.credentials
        form = {
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": location.partition("?")[0],
        }
        assert credentials.redeem(form).status == 200
        return location

    person = Person(spoil=use)
    outcome = log_in(tiny, person)
    assert_refused(outcome, "refused the code", "works once", "--login again", status=ExitStatus.RENEW)
    assert "Not connected" in person.pages[0]
    assert not open_store(tiny.store).records()


def test_a_wrong_secret(tiny: Bench) -> None:
    assert_refused(log_in(tiny, Person(), client_secret="wrong-wrong-wrong"), "client", "check client_id")


def test_nobody_comes_back(tiny: Bench) -> None:
    person = Person(spoil=lambda _: "http://127.0.0.1:9/")
    assert_refused(log_in(tiny, person, "--login-timeout", "1"), "within 1 s", "--no-browser")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_port_is_taken(tiny: Bench, host: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
        try:
            taken.bind((host, 0))
        except OSError:
            pytest.skip(f"this machine has no {host}")
        taken.listen()
        redirect_uri = f"http://localhost:{taken.getsockname()[1]}/callback"
        assert_refused(log_in(tiny, Person(), redirect_uri=redirect_uri), "cannot listen on port", "redirect_uri")


@pytest.mark.parametrize("redirect_uri", ["https://example.test/callback", "https://localhost:8765/callback"])
def test_a_redirect_that_does_not_lead_here(tiny: Bench, redirect_uri: str) -> None:
    assert_refused(log_in(tiny, Person(), redirect_uri=redirect_uri), "redirect_uri", "--no-browser")


def test_both_addresses_of_localhost_are_served(tiny: Bench) -> None:
    with socket.socket(socket.AF_INET6) as six:
        try:
            six.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    person = Person(spoil=lambda location: location.replace("localhost", "[::1]"))
    assert log_in(tiny, person).status == 0


def without_browser(one: Bench, typed: Callable[[str], str], **settings: Any) -> Outcome:
    """Run `--login --no-browser` with a person who types."""
    config = one.config(**{"refresh_token": None, "redirect_uri": "https://example.test/callback", **settings})
    with subprocess.Popen(
        [str(TAP), "--config", str(config), "--login", "--no-browser"],
        cwd=one.home,
        env=environment(one.home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        assert started.stdout is not None
        said = ""
        while "Paste the whole address here:" not in said:
            line = started.stdout.readline()
            assert line, said
            said += line
        page = next(word for word in said.split() if "/oauth/authorize?" in word)
        rest, stderr = started.communicate(typed(page), timeout=30)
    outcome = Outcome(started.returncode, said + rest, stderr)
    one.assert_secret(outcome)
    return outcome


def test_without_a_browser(tiny: Bench) -> None:
    outcome = without_browser(tiny, lambda page: f"\n {Person().consent(page)} \n")
    assert outcome.status == 0, outcome.stderr
    assert "Connected to " in outcome.stdout
    tiny.tap(streams=["vehicles"], refresh_token=None).checked()


def test_a_closed_input(tiny: Bench) -> None:
    config = tiny.config(refresh_token=None)
    outcome = run(["sh", "-c", '"$@" <&-', "sh", TAP, "--config", config, "--login", "--no-browser"], tiny.home)
    assert_refused(outcome, "no address was pasted", "--login again")


@pytest.mark.stress
def test_what_is_pasted_is_of_another_log_in(tiny: Bench) -> None:
    assert_refused(without_browser(tiny, lambda page: Person().consent(page) + "x\n"), "state", "--login again")
    assert tiny.sandbox.credentials.exchanges == 0


def test_another_user_of_the_account_does_not_take_over(tiny: Bench) -> None:
    assert log_in(tiny, Person()).status == 0
    before = tiny.connection()
    second = Person(user="1:2")
    outcome = log_in(tiny, second)
    assert outcome.status == 0, outcome.stderr
    (warning,) = warnings(outcome)
    assert "discarded" in warning
    assert "--replace-installer" in warning
    assert "discarded" in second.pages[0]
    assert tiny.connection() == before
    third = log_in(tiny, second, "--replace-installer")
    assert third.status == 0
    assert warnings(third) == []
    (record,) = open_store(tiny.store).records()
    assert f"Connected to {record.account} as {record.installer}." in third.stdout
    assert tiny.connection() != before
    assert "discarded" in warnings(log_in(tiny, Person()))[0]


def test_the_installer_logs_in_again(tiny: Bench) -> None:
    assert log_in(tiny, Person(), "--name", "kept").status == 0
    (before,) = open_store(tiny.store).records()
    outcome = log_in(tiny, Person())
    assert (outcome.status, warnings(outcome)) == (0, [])
    (after,) = open_store(tiny.store).records()
    assert (after.installer, after.name) == (before.installer, "kept")
    assert after.refresh_token != before.refresh_token


def test_another_account_is_refused_until_it_is_asked_for(tmp_path: Path) -> None:
    with bench(tmp_path, accounts=2) as one:
        assert log_in(one, Person()).status == 0
        outcome = log_in(one, Person(user="2:1"))
        found = re.search(r"set account_id to (\S+)", outcome.errors[0])
        assert found
        assert_refused(outcome, "not the one asked for", "account_id")
        assert log_in(one, Person(user="2:1"), account_id=found[1]).status == 0
        both = open_store(one.store).records()
        assert [record.is_settled for record in both] == [True, True]
        one.tap(streams=["vehicles"], refresh_token=None).assert_refused("2 accounts", "account_id")
        for record in both:
            rows = one.tap(streams=["account"], refresh_token=None, account_id=record.key).checked().rows("account")
            assert [row["id"] for row in rows] == [record.key]


def test_a_crash_between_exchange_and_question_loses_nothing(tiny: Bench) -> None:
    tiny.arm(kind="status", status=400, root="account", times=None, body={"message": "no"})
    assert log_in(tiny, Person()).status == 1
    assert [record.is_settled for record in open_store(tiny.store).records()] == [False]
    tiny.sandbox.faults.clear()
    tiny.tap(streams=["vehicles"], refresh_token=None).checked()
    assert [record.is_settled for record in open_store(tiny.store).records()] == [True]
    assert tiny.sandbox.credentials.exchanges == 1


def listed(one: Bench, *words: str, **settings: Any) -> Outcome:
    config = one.write("listing.json", {"token_store": str(one.store), **settings})
    return one.tap_with(["--config", config, "--credentials", *words])


def test_the_listing(tiny: Bench) -> None:
    assert "no credential" in listed(tiny).stdout
    assert log_in(tiny, Person(), "--name", "main", "--description", "the nightly copy").status == 0
    (record,) = open_store(tiny.store).records()
    text = listed(tiny).stdout
    assert f"{record.account}: connected\n" in text
    for words in ("main - the nightly copy", str(record.installer), "none yet", "read_clients"):
        assert words in text
    rows = len(tiny.tap(streams=["vehicles", "account"], refresh_token=None).checked().of_type("RECORD"))
    assert f", {rows} rows\n" in listed(tiny).stdout
    tiny.arm(kind="disconnected")
    assert tiny.tap(streams=["vehicles"], refresh_token=None).status == ExitStatus.RENEW
    text = listed(tiny, client_id=record.client_id).stdout
    assert re.search(r": disconnected since .*the app has been disconnected", text)
    assert re.search(r"last sync +.*failed: .*disconnected", text)
    assert "no credential" in listed(tiny, client_id="another").stdout


def test_how_each_run_ended_is_in_the_store(tiny: Bench) -> None:
    tiny.tap(streams=["vehicles"]).checked()
    tiny.arm(kind="error", root="vehicles", times=None)
    failed = tiny.tap(streams=["vehicles"])
    assert failed.status == 4
    (record,) = open_store(tiny.store).records()
    last, first = record.syncs
    assert first.error is None
    assert dict(first.rows) == {"vehicles": first.row_count}
    assert first.row_count > 0
    assert last.incomplete == {"vehicles": failed.errors[0]}
    assert last.error == "not complete: vehicles: see what the log says of each"
    assert re.search(r"last sync +.*rows, not complete: vehicles", listed(tiny).stdout)
    assert record.api_version is not None


def test_a_note_that_cannot_be_written_is_a_warning(tiny: Bench) -> None:
    tiny.tap("--test=credentials").checked()
    home = tiny.store.with_name("kept")
    home.mkdir()
    tiny.store.rename(home / "tokens.json")

    def lock_out(number: int) -> None:
        if number == 1:
            (home / "tokens.json").rename(tiny.home / "moved.json")
            (home / "tokens.json").mkdir()

    forgotten = json.loads((home / "tokens.json").read_text())
    assert forgotten["records"]
    tiny.sandbox.requests = 0
    tiny.sandbox.before_request = lock_out
    outcome = tiny.tap(streams=["vehicles"], token_store=str(home / "tokens.json")).checked()
    assert [text for text in outcome.warnings if "could not be noted" in text]
