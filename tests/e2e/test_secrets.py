"""No token, secret or authorization header is ever written, at the most talkative level and when things go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.harness import Bench

STREAMS = ["clients", "vehicles"]
LOUD = {"LOGLEVEL": "DEBUG", "TAP_JOBBER_LOGLEVEL": "DEBUG", "URLLIB3_DEBUG": "1"}


@pytest.fixture
def tokens(tiny: Bench, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every token that the sandbox has issued or been sent."""
    seen = {tiny.sandbox.credentials.client_secret, tiny.refresh_token}
    credentials = tiny.sandbox.credentials
    redeem = credentials.redeem

    def watched(form: dict[str, str]) -> object:
        answer = redeem(form)
        seen.update(form.values())
        told = answer.body if isinstance(answer.body, dict) else {}
        seen.update(value for name, value in told.items() if name.endswith("_token"))
        seen.difference_update({"refresh_token", credentials.client_id})
        return answer

    monkeypatch.setattr(credentials, "redeem", watched)
    return seen


def test_a_talkative_run_with_faults(tiny: Bench, tokens: set[str]) -> None:
    for after, fault in enumerate(("expired_token", "waiting_room", "reset", "no_data"), 1):
        tiny.arm(kind=fault, root="clients", after=after)
    tiny.arm(kind="token_not_recognized", root="vehicles")
    tiny.arm(kind="token_status", status=503)
    outcome = tiny.tap(streams=STREAMS, page_size=3, env=LOUD).checked()
    assert outcome.texts("DEBUG")
    assert tiny.sandbox.credentials.refreshes == 3
    _assert_hidden(outcome.stdout + outcome.stderr, tokens, 7)


def test_a_talkative_run_that_fails(tiny: Bench, tokens: set[str]) -> None:
    body = {"message": f"Who is {tiny.refresh_token} with {tiny.sandbox.credentials.client_secret}?"}
    tiny.arm(kind="status", status=400, body=body, root="clients", after=1, times=None)
    outcome = tiny.tap(streams=STREAMS, page_size=3, env=LOUD)
    assert outcome.status == 4
    assert "Who is [secret] with [secret]?" in outcome.errors[-1]
    _assert_hidden(outcome.stdout + outcome.stderr, tokens, 3)


def test_a_token_endpoint_that_repeats_what_it_was_sent(tiny: Bench, tokens: set[str]) -> None:
    body = {"error": "invalid_grant", "error_description": f"No {tiny.refresh_token}"}
    tiny.arm(kind="token_refused", body=body, times=None)
    outcome = tiny.tap(env=LOUD)
    outcome.assert_refused("refused", status=77)
    _assert_hidden(outcome.stdout + outcome.stderr, tokens, 2)


def test_a_test_that_talks(tiny: Bench, tokens: set[str]) -> None:
    outcome = tiny.tap("--test", env=LOUD).checked()
    _assert_hidden(outcome.stdout + outcome.stderr, tokens, 4)


def _assert_hidden(text: str, tokens: set[str], at_least: int) -> None:
    assert len(tokens) >= at_least
    assert not [token for token in tokens if token in text]
    assert "Authorization" not in text
    assert "authorization" not in text.replace("authorization header", "")
