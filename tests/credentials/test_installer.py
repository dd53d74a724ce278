"""The installer rule as a table, and what counts as the same user."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from tap_jobber.credentials.encoded_ids import is_same_user
from tap_jobber.credentials.installer import Identity, InstallerDecision, decide_installer, user_in_token
from tap_jobber.credentials.stores.record import Account, Installer, Record, State
from tests.credentials.token_server import access_token

ALICE, BOB = Installer("u1", "Alice"), Installer("u2", "Bob")
STORED = Record("client", "access", 0.0, 1.0, "refresh", None, 0.0, Account("a1"), ALICE)
REFUSED = replace(STORED, state=State.REFUSED)
GONE = replace(STORED, state=State.DISCONNECTED)
UNKNOWN = replace(STORED, installer=None)


def of(user: Installer | None, account: str = "a1") -> Identity:
    return Identity(Account(account), user)


@pytest.mark.parametrize(
    ("stored", "identity", "allowed", "replaces", "decision"),
    [
        (None, of(ALICE), None, False, InstallerDecision.FIRST),
        (None, of(None), None, False, InstallerDecision.FIRST),
        (None, of(ALICE), ("a1", "a2"), False, InstallerDecision.FIRST),
        (None, of(ALICE), ("a2",), False, InstallerDecision.REFUSED),
        (None, of(ALICE), ("a2",), True, InstallerDecision.REFUSED),
        (None, of(ALICE), (), False, InstallerDecision.REFUSED),
        (STORED, of(ALICE), ("a1",), False, InstallerDecision.OWN),
        (STORED, of(ALICE), ("a1",), True, InstallerDecision.OWN),
        (STORED, of(BOB), ("a1",), False, InstallerDecision.DISCARDED),
        (STORED, of(BOB), None, False, InstallerDecision.DISCARDED),
        (STORED, of(BOB), ("a1",), True, InstallerDecision.REPLACED),
        (STORED, of(None), None, False, InstallerDecision.DISCARDED),
        (STORED, of(None), None, True, InstallerDecision.REPLACED),
        (REFUSED, of(ALICE), None, False, InstallerDecision.OWN),
        (REFUSED, of(BOB), None, False, InstallerDecision.DISCARDED),
        (REFUSED, of(BOB), None, True, InstallerDecision.REPLACED),
        (GONE, of(BOB), None, False, InstallerDecision.FIRST),
        (GONE, of(BOB), ("a2",), False, InstallerDecision.REFUSED),
        (UNKNOWN, of(BOB), None, False, InstallerDecision.FIRST),
    ],
)
def test_the_rule(
    stored: Record | None,
    identity: Identity,
    allowed: tuple[str, ...] | None,
    decision: InstallerDecision,
    *,
    replaces: bool,
) -> None:
    assert decide_installer(stored, identity, allowed_account_ids=allowed, replace_installer=replaces) is decision
    assert decision.accepts_new_tokens == (
        decision in {InstallerDecision.FIRST, InstallerDecision.OWN, InstallerDecision.REPLACED}
    )


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_the_user_that_a_token_names() -> None:
    assert user_in_token(access_token(1.0, user_id=5)) == Installer("5")
    assert user_in_token(access_token(1.0)) is None
    assert user_in_token("no token") is None
    assert is_same_user("5", encoded("gid://Jobber/User/5"))
