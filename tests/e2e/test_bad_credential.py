"""A credential, an account or a token store that is no good: one line, and no token lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import pytest

from jobber_sandbox.options import RefusalType
from tap_jobber.errors import ExitStatus
from tests.e2e.harness import Bench, bench, forget

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jobber_sandbox.server import Running

STREAMS = ["clients", "vehicles"]
RENEW = ExitStatus.RENEW


@pytest.fixture(params=["without a store", "with a store"])
def connected(request: pytest.FixtureRequest, tiny: Bench) -> Bench:
    """Return the first run of an account, or a later one whose access token has just ended."""
    if request.param == "with a store":
        tiny.tap("--test=credentials").checked()
        tiny.sandbox.credentials.expire_access_tokens()
        tiny.log.clear()
        assert tiny.store.is_file()
    return tiny


def test_wrong_client_secret(connected: Bench) -> None:
    outcome = connected.refused(client_secret="wrong-wrong-wrong")
    outcome.assert_refused("client", "check client_id and client_secret")
    assert "wrong-wrong-wrong" not in outcome.stderr
    assert outcome.streams == set()
    connected.tap(streams=["vehicles"]).checked()


def test_wrong_client_id(tiny: Bench) -> None:
    tiny.refused(client_id="nobody").assert_refused("client", "check client_id and client_secret")


def test_refused_refresh_token(connected: Bench) -> None:
    connected.arm(kind="token_refused", times=None)
    outcome = connected.refused()
    outcome.assert_refused("refused the refresh token", "authorise the app again", "refresh_token", status=RENEW)
    assert outcome.streams == set()


@pytest.mark.parametrize("refusals", get_args(RefusalType))
def test_a_dead_token_is_no_outage_whatever_the_content_type(tmp_path: Path, refusals: RefusalType) -> None:
    with bench(tmp_path, refusals=refusals) as one:
        one.refused(refresh_token="dead").assert_refused("refresh token", "authorise the app again", status=RENEW)
        one.refused(client_secret="wrong").assert_refused("refused the client", "check client_id and client_secret")


def test_refresh_token_that_never_was(connected: Bench) -> None:
    outcome = connected.refused(refresh_token="never-was-one")
    outcome.assert_refused("refresh_token", "authorise the app again", status=RENEW)
    assert "never-was-one" not in outcome.stderr


def test_app_that_was_disconnected_before(connected: Bench) -> None:
    connected.sandbox.credentials.disconnect(1)
    outcome = connected.refused()
    outcome.assert_refused("refresh_token", status=RENEW)
    assert outcome.streams == set()


def test_app_that_is_disconnected_in_mid_run(tiny: Bench) -> None:
    stores = []

    def disconnect(number: int) -> None:
        if number == 5:
            stores.append(tiny.connection())
            tiny.sandbox.credentials.disconnect(1)

    tiny.sandbox.before_request = disconnect
    outcome = tiny.refused(streams=STREAMS, page_size=3, keeps_store=False)
    outcome.assert_refused("disconnected from the Jobber account", "refresh_token", status=RENEW)
    assert len(outcome.rows("clients")) == 3
    assert tiny.connection() == stores[0]


@pytest.mark.parametrize("after", [0, 4])
def test_inactive_account(tiny: Bench, after: int) -> None:
    tiny.arm(kind="account_inactive", after=after)
    outcome = tiny.refused(streams=STREAMS, page_size=3, keeps_store=False)
    outcome.assert_refused("account is not active", "reactivate", status=77)
    assert len(outcome.rows("clients")) == (3 if after else 0)
    assert json.loads(tiny.store.read_bytes())


def test_api_version_that_does_not_exist(tiny: Bench) -> None:
    outcome = tiny.refused(api_version="2020-02-29", keeps_store=False)
    outcome.assert_refused("'2020-02-29' does not exist", "set api_version", "changelog")
    assert outcome.streams == set()


CORRUPT: dict[str, Callable[[bytes], bytes]] = {
    "garbage": lambda _: b"\x00\x01garbage",
    "empty": lambda _: b"",
    "half": lambda whole: whole[: len(whole) // 2],
    "a list": lambda _: b"[]",
    "another shape": lambda _: b'{"refresh_token": "x"}',
    "record of another shape": lambda whole: json.dumps(
        {**json.loads(whole), "records": 5} if "records" in json.loads(whole) else 5
    ).encode(),
}


@pytest.fixture(scope="module")
def stored(site: Running, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the content of a token store."""
    forget(site.sandbox)
    one = Bench(site, tmp_path_factory.mktemp("home"))
    one.tap("--test=credentials").checked()
    return one.store.read_bytes()


@pytest.mark.parametrize("spoil", CORRUPT.values(), ids=CORRUPT)
def test_corrupt_token_store(tiny: Bench, stored: bytes, spoil: Callable[[bytes], bytes]) -> None:
    tiny.store.write_bytes(spoil(stored))
    outcome = tiny.refused()
    outcome.assert_refused("token", str(tiny.store))
    assert tiny.log == []
    assert tiny.sandbox.credentials.refreshes == 0


def test_corrupt_token_store_fails_the_test_too(tiny: Bench) -> None:
    tiny.store.write_bytes(b"garbage")
    tiny.refused("--test=credentials").assert_refused("token", str(tiny.store))


def test_token_store_below_a_regular_file(tiny: Bench, tmp_path: Path) -> None:
    tiny.write("file", "")
    outcome = tiny.refused(token_store=str(tmp_path / "file" / "tokens.json"))
    outcome.assert_refused("token_store", "file")
    assert tiny.sandbox.credentials.refreshes == 0


def test_token_store_that_is_a_directory_holds_its_own_file(tiny: Bench, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    outcome: Any = tiny.tap("--test=credentials", token_store=str(tmp_path / "kept"))
    assert outcome.status == 0
    assert len([path for path in (tmp_path / "kept").iterdir() if path.suffix == ".json"]) == 1
