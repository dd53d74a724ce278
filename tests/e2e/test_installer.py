"""The user whose tokens an account keeps when `refresh_token` changes, and workers of several accounts."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet

from jobber_sandbox.oauth import Person
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import State
from tests.e2e.harness import TAP, Bench, Outcome, bench, catalog, run
from tests.e2e.processes import needs_proc

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUNDS = 2
KEY = "TAP_JOBBER_TOKEN_ENCRYPTION_KEY"


def token_of(one: Bench, account: int, user: int) -> str:
    """Return a refresh token that a user of an account has just got."""
    return str(one.sandbox.credentials.connect(Person(account, user))["refresh_token"])


def password_of(url: str) -> str:
    """Return the password in the URL of a database."""
    found = urlsplit(url).password
    assert found
    return found


def said(outcome: Outcome) -> list[str]:
    """Return the warnings, without that of the API version."""
    return [text for text in outcome.warnings if "API version" not in text]


def test_another_user_s_token_is_discarded(tiny: Bench) -> None:
    tiny.tap(streams=["vehicles"]).checked()
    before = open_store(tiny.store).records()[0]
    bobs = token_of(tiny, 1, 2)
    outcome = tiny.tap(streams=["vehicles"], refresh_token=bobs).checked()
    (line,) = said(outcome)
    assert "discarded" in line
    assert str(before.installer) in line
    assert "--login --replace-installer" in line
    assert outcome.rows("vehicles")
    (after,) = open_store(tiny.store).records()
    assert (after.installer, after.refresh_token) == (before.installer, before.refresh_token)
    assert tiny.sandbox.credentials.refreshes == 2
    assert said(tiny.tap(streams=["vehicles"], refresh_token=bobs).checked()) == []
    tiny.sandbox.credentials.expire_access_tokens()
    tiny.tap(streams=["vehicles"], refresh_token=bobs).checked()
    assert tiny.sandbox.credentials.refreshes == 3
    assert tiny.sandbox.credentials.refusals == 0


def test_the_installer_s_own_new_token_replaces_the_old(tiny: Bench) -> None:
    tiny.tap(streams=["vehicles"]).checked()
    before = open_store(tiny.store).records()[0]
    tiny.authorise()
    assert said(tiny.tap(streams=["vehicles"]).checked()) == []
    (after,) = open_store(tiny.store).records()
    assert after.installer == before.installer
    assert after.refresh_token != before.refresh_token
    assert len(after.syncs) == 2


def test_another_account_s_token_is_refused(tmp_path: Path) -> None:
    with bench(tmp_path, accounts=2) as one:
        one.tap(streams=["vehicles"]).checked()
        other = token_of(one, 2, 1)
        for _ in range(2):
            outcome = one.tap(streams=["vehicles"], refresh_token=other)
            outcome.assert_refused("not the one asked for", "account_id")
            assert outcome.streams == set()
        assert one.sandbox.credentials.refreshes == 2
        one.tap(streams=["vehicles"]).checked()
        found = re.search(r"set account_id to (\S+)", outcome.errors[0])
        assert found
        rows = one.tap(streams=["account"], refresh_token=other, account_id=found[1]).checked().rows("account")
        assert [row["id"] for row in rows] == [found[1]]
        assert one.sandbox.credentials.refreshes == 2
        assert one.sandbox.credentials.refusals == 0


def test_after_a_disconnect_another_user_may_connect(tiny: Bench) -> None:
    tiny.tap(streams=["vehicles"]).checked()
    tiny.arm(kind="disconnected")
    assert tiny.tap(streams=["vehicles"]).status == 77
    assert open_store(tiny.store).records()[0].state is State.DISCONNECTED
    tiny.sandbox.faults.clear()
    tiny.sandbox.credentials.disconnect(1)
    assert said(tiny.tap(streams=["vehicles"], refresh_token=token_of(tiny, 1, 2)).checked()) == []
    (after,) = open_store(tiny.store).records()
    assert after.state is State.CONNECTED
    assert len(after.syncs) == 3


def test_a_dead_connection_is_noted_and_comes_back(tiny: Bench) -> None:
    tiny.tap(streams=["vehicles"]).checked()
    tiny.sandbox.credentials.expire_access_tokens()
    tiny.arm(kind="token_refused", times=None)
    tiny.tap(streams=["vehicles"]).assert_refused("refused the refresh token", "--login", status=77)
    (record,) = open_store(tiny.store).records()
    assert record.state is State.REFUSED
    assert record.syncs[0].error is not None
    tiny.sandbox.faults.clear()
    tiny.authorise()
    tiny.tap(streams=["vehicles"]).checked()
    (record,) = open_store(tiny.store).records()
    assert (record.state, record.state_reason) == (State.CONNECTED, None)


@pytest.mark.stress
def test_accounts_run_side_by_side_on_one_store(tmp_path: Path, database: str) -> None:
    number = 3
    with bench(tmp_path, accounts=number) as one:
        ids = [world.tables["Account"].rows[0].id for world in one.sandbox.worlds.values()]
        seeds = [token_of(one, account, 1) for account in one.sandbox.worlds]
        homes = [tmp_path / str(worker) for worker in range(number)]
        for home in homes:
            home.mkdir()

        def run(which: int) -> list[dict[str, Any]]:
            worker = Bench(one.server, homes[which])
            settings: dict[str, Any] = {
                "token_store": database,
                "account_id": ids[which],
                "refresh_token": seeds[which],
            }
            outcome = worker.tap(streams=["account"], **settings).checked()
            assert password_of(database) not in outcome.stderr
            return outcome.rows("account")

        with ThreadPoolExecutor(number) as workers:
            for _ in range(ROUNDS):
                rows = list(workers.map(run, range(number)))
                assert [each["id"] for [each] in rows] == ids
                one.sandbox.credentials.expire_access_tokens()
        assert one.sandbox.credentials.refusals == 0
        records = open_store(database).records()
        assert sorted(record.key for record in records) == sorted(ids)
        assert {len(record.syncs) for record in records} == {ROUNDS}
        for record in records:
            assert record.refresh_token in one.sandbox.credentials.refresh_tokens()


@needs_proc
def test_the_password_of_a_database_is_in_no_command_line(
    tiny: Bench, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = tiny.sandbox.credentials
    redeem, seen = credentials.redeem, list[str]()

    def watched(form: Mapping[str, str]) -> object:
        seen.extend(_command_lines())
        return redeem(form)

    monkeypatch.setattr(credentials, "redeem", watched)
    chosen = tiny.write("some.json", catalog(["vehicles"]))
    words: list[Path | str] = [TAP, "--config", tiny.config(token_store=database), "--catalog", chosen]
    outcome = run(words, tiny.home, {"TAP_JOBBER_LOGLEVEL": "DEBUG"}).checked()
    assert [line for line in seen if "tap_jobber.credentials.refresh" in line]
    assert not [line for line in seen if password_of(database) in line]
    assert password_of(database) not in outcome.stderr + outcome.stdout


def _command_lines() -> list[str]:
    lines = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                lines.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
    return lines


def test_a_database_that_is_gone(tiny: Bench) -> None:
    url = "postgresql://me:pass-word@127.0.0.1:9/db"
    outcome = tiny.tap(streams=["vehicles"], token_store=url, env={"TAP_JOBBER_LOGLEVEL": "DEBUG"})
    outcome.assert_refused("token store", "127.0.0.1:9/db", "check token_store", status=75)
    assert "pass-word" not in outcome.stderr
    assert tiny.sandbox.credentials.refreshes == 0


def test_encrypted_tokens(tiny: Bench) -> None:
    env = {KEY: Fernet.generate_key().decode()}
    for _ in range(2):
        tiny.tap(streams=["vehicles"], env=env).checked()
        tiny.sandbox.credentials.expire_access_tokens()
    assert tiny.sandbox.credentials.refreshes == 2
    stored = tiny.store.read_text()
    assert not [token for token in tiny.sandbox.credentials.refresh_tokens() if token in stored]
    before = tiny.store.read_bytes()
    tiny.tap(streams=["vehicles"]).assert_refused("encrypted", KEY)
    assert tiny.store.read_bytes() == before
    outcome = tiny.tap(streams=["vehicles"], env={KEY: "not-a-key"})
    outcome.assert_refused("not a Fernet key")
    assert "not-a-key" not in outcome.stderr
