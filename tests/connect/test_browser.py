"""The connect page in a real browser, as an installed process, beside the sandbox's pages of Jobber."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest

from jobber_sandbox.options import Options
from jobber_sandbox.server import Running, running
from tests.connect import browser as browsers
from tests.connect.browser import Browser, browsing
from tests.connect.harness import records_of, until
from tests.connect.process import Started, started
from tests.e2e.harness import TAP, catalog, environment, run_tap
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(browsers.missing() is not None, reason=str(browsers.missing()))

INSTALLER, OTHER_ADMIN, NO_ADMIN = "1:1", "1:2", "1:4"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    """Jobber."""
    with running(Options(world="hostile", scale=0.02, speed=1_000_000, max_requests=0)) as server:
        yield server


@pytest.fixture(scope="module")
def process(sandbox: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """Provide the page, as its operator runs it."""
    settings = {"TAP_JOBBER_CONNECT_CALLS_PER_MINUTE": "1000", "TAP_JOBBER_API_VERSION": "2025-04-16"}
    with started(sandbox, tmp_path_factory.mktemp("connect"), settings) as one:
        yield one


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests."""
    with browsing(tmp_path_factory.mktemp("chromium")) as one:
        yield one


@pytest.fixture
def page(process: Started, sandbox: Running) -> Started:
    """Return the page, with no connection yet."""
    sandbox.sandbox.webhooks.url = None
    sandbox.sandbox.credentials.disconnect(1)
    process.store.unlink(missing_ok=True)
    sandbox.sandbox.webhooks.url = f"{process.url}/webhooks/jobber"
    return process


@pytest.fixture
def browser(window: Browser) -> Iterator[Browser]:
    """Provide a browser that has never been anywhere, and whose console has nothing to say at the end."""
    window.forget()
    yield window
    errors = [line for line in window.complaints() if "Failed to load resource" not in line]
    assert errors == []


def connect(browser: Browser, page: Started, person: str = INSTALLER) -> str:
    browser.open(f"{page.url}/connect")
    browser.consent(person, "Allow access")
    return browser.reads("Connection")


def press(browser: Browser, sandbox: Running, button: str, person: str, to: str) -> None:
    account, user = person.split(":")
    query = urlencode({"account": account, "user": user, "to": to})
    browser.open(f"{sandbox.url}/sandbox/{button}?{query}")


def record_of(page: Started) -> dict[str, Any]:
    (record,) = records_of(page.store)
    return record


def test_connect(browser: Browser, page: Started) -> None:
    browser.open(page.url)
    browser.look("home")
    browser.click("Continue with Jobber")
    browser.consent(INSTALLER, "Allow access")
    text = browser.reads("The account is connected")
    assert browser.url == f"{page.url}/connection"
    assert record_of(page)["account"]["name"] in text
    browser.look("connected")
    browser.driver.refresh()
    assert "The account is connected" not in browser.reads("Connected")


@pytest.mark.stress
def test_deny(browser: Browser, page: Started) -> None:
    browser.open(f"{page.url}/connect")
    browser.consent(INSTALLER, "Deny")
    browser.reads("nothing was connected")
    browser.look("denied")
    assert not page.store.exists()
    browser.click("Continue with Jobber")
    browser.consent(INSTALLER, "Allow access")
    browser.reads("The account is connected")


@pytest.mark.stress
def test_user_who_is_no_admin_does_not_get_past_jobber(browser: Browser, page: Started) -> None:
    browser.open(f"{page.url}/connect")
    browser.consent(NO_ADMIN, "Allow access")
    browser.reads("Only an admin")
    assert not page.store.exists()


@pytest.mark.stress
def test_an_authorised_app_is_let_through_at_once(browser: Browser, page: Started) -> None:
    connect(browser, page)
    before = record_of(page)["refresh_token"]
    browser.open(f"{page.url}/connect")
    browser.reads("has been renewed")
    assert record_of(page)["refresh_token"] != before


def test_manage_app_as_installer(browser: Browser, page: Started, sandbox: Running) -> None:
    connect(browser, page)
    browser.forget()
    press(browser, sandbox, "manage", INSTALLER, f"{page.url}/manage")
    browser.reads("Is this you?")
    assert urlsplit(browser.url)[2:] == ("/manage/continue", "", "")
    browser.look("welcome")
    browser.click("Continue")
    assert "(you)" in browser.reads("Installed by")
    browser.click("Sign out")
    browser.reads("You are signed out")
    browser.look("signed-out")
    browser.open(f"{page.url}/connection")
    browser.reads("You are not signed in")
    browser.look("sign-in")


@pytest.mark.stress
def test_manage_app_as_another_admin(browser: Browser, page: Started, sandbox: Running) -> None:
    connect(browser, page)
    before = record_of(page)
    browser.forget()
    press(browser, sandbox, "manage", OTHER_ADMIN, f"{page.url}/manage")
    browser.click("Continue")
    text = browser.reads("Installed by")
    assert "(you)" not in text
    assert before["installer"]["name"] in text
    assert record_of(page)["refresh_token"] == before["refresh_token"]
    browser.look("other-admin")


@pytest.mark.stress
def test_marketplace_code_without_a_state(browser: Browser, page: Started, sandbox: Running) -> None:
    press(browser, sandbox, "marketplace", INSTALLER, f"{page.url}/oauth/callback")
    browser.reads("The account is connected")
    assert browser.url == f"{page.url}/connection"
    assert sandbox.sandbox.credentials.exchanges > 0


@pytest.mark.stress
def test_disconnect_by_the_button(browser: Browser, page: Started, sandbox: Running) -> None:
    connect(browser, page)
    browser.click("Disconnect…")
    browser.reads("for everyone in it")
    browser.look("disconnect")
    browser.click("Keep it connected")
    browser.click("Disconnect…")
    browser.reads("for everyone in it")  # else the link before could be taken for the button
    browser.click("Disconnect")
    browser.reads("has been disconnected")
    browser.look("disconnected")
    assert sandbox.sandbox.credentials.refresh_tokens() == {}
    browser.click("Connect it")
    browser.consent(INSTALLER, "Allow access")
    browser.reads("The account is connected")


@pytest.mark.stress
def test_disconnect_in_jobber(browser: Browser, page: Started, sandbox: Running) -> None:
    connect(browser, page)
    sandbox.sandbox.credentials.disconnect(1)
    until(lambda: record_of(page)["state"] == "disconnected")
    browser.driver.refresh()
    browser.reads("no longer has access")
    browser.look("ended-in-jobber")


@pytest.mark.stress
def test_syncs_of_the_tap_are_shown(browser: Browser, page: Started, sandbox: Running) -> None:
    connect(browser, page)
    settings = {**sandbox.env, "TAP_JOBBER_TOKEN_STORE": str(page.store), "TAP_JOBBER_REFRESH_TOKEN": ""}
    chosen = page.home / "catalog.json"
    chosen.write_text(json.dumps(catalog(["clients", "jobs", "job_line_items"])), encoding="utf-8")
    good = run_tap(["--config", "ENV", "--catalog", chosen], page.home, settings)
    assert good.status == 0, good.stderr
    for fault, status in (
        ({"kind": "invalid_query", "root": "jobs", "times": None}, 4),
        ({"kind": "account_inactive"}, 77),
    ):
        sandbox.sandbox.faults.arm([fault])
        assert run_tap(["--config", "ENV", "--catalog", chosen], page.home, settings).status == status
        sandbox.sandbox.faults.clear()
    browser.driver.refresh()
    text = browser.reads("Last syncs")
    for word in ("Complete", "Not complete", "Failed"):
        assert word in text
    browser.find("(//summary)[last()]").click()
    assert f"{len(good.rows('clients')):,}" in browser.text
    browser.look("syncs")


@contextmanager
def logging_in(home: Path, sandbox: Running) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Provide the tap while it waits for a person: the page that it asks them to open, and its process."""
    settings = {
        **sandbox.env,
        "TAP_JOBBER_TOKEN_STORE": str(home / "tokens.json"),
        "TAP_JOBBER_REFRESH_TOKEN": "",
        "TAP_JOBBER_REDIRECT_URI": f"http://localhost:{free_port()}/callback",
        "BROWSER": "true %s",
    }
    process = subprocess.Popen(
        [TAP, "--login", "--config", "ENV"],
        cwd=home,
        env=environment(home, settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = next(word for line in process.stdout for word in line.split() if word.startswith("http"))
        yield address, process
    finally:
        process.kill()
        process.communicate()


def test_log_in_of_the_tap(browser: Browser, sandbox: Running, tmp_path: Path) -> None:
    sandbox.sandbox.credentials.disconnect(1)
    with logging_in(tmp_path, sandbox) as (address, process):
        browser.open(address)
        browser.consent(INSTALLER, "Allow access")
        text = browser.reads("You can close this page")
        browser.look("log-in")
        out, error = process.communicate(timeout=20)
    assert process.returncode == 0, error
    (record,) = records_of(tmp_path / "tokens.json")
    assert f"Connected to {record['account']['name']} as {record['installer']['name']}" in text
    assert "--test" in out


@pytest.mark.stress
def test_log_in_of_the_tap_denied(browser: Browser, sandbox: Running, tmp_path: Path) -> None:
    sandbox.sandbox.credentials.disconnect(1)
    with logging_in(tmp_path, sandbox) as (address, process):
        browser.open(address)
        browser.consent(INSTALLER, "Deny")
        browser.reads("Access was denied")
        _, error = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "Access was denied on Jobber's page" in error
    assert records_of(tmp_path / "tokens.json") == []
