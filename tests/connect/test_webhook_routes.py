"""Webhooks as Jobber sends them, and as others do."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest
import requests

from tap_jobber.credentials.stores.location import open_store
from tests.connect.harness import Site, text_of, until

if TYPE_CHECKING:
    from tap_jobber.connect.webhook_events import Event


def send(site: Site, body: bytes, signature: str | None) -> requests.Response:
    headers = {"Content-Type": "application/json"} | ({"X-Jobber-Hmac-SHA256": signature} if signature else {})
    return requests.post(f"{site.url}/webhooks/jobber", data=body, headers=headers, timeout=10)


def deliver(site: Site, body: bytes) -> int:
    return send(site, body, site.sandbox.webhooks.signature(body)).status_code


def event(site: Site, account: int = 1, ago_seconds: float = 0) -> bytes:
    return site.sandbox.webhooks.body(account, time.time() + 1 - ago_seconds)


def state(site: Site) -> str:
    return str(site.record()["state"])


@pytest.mark.parametrize("ids", ["encoded", "number"])
def test_disconnected_in_jobber(site: Site, ids: Literal["encoded", "number"]) -> None:
    visitor = site.visitor()
    visitor.connect()
    site.sandbox.webhooks.ids = ids
    site.sandbox.webhooks.url = f"{site.url}/webhooks/jobber"
    site.sandbox.credentials.disconnect(1)
    until(lambda: state(site) == "disconnected")
    assert "Disconnected" in text_of(visitor.get("/connection"))


def test_number_that_only_the_access_token_has(site: Site) -> None:
    for account in (1, 2):
        site.visitor().connect(account=account)
    numbers = {site.sandbox.world(account).tables["Account"].rows[0].number for account in (1, 2)}
    assert 2 not in numbers, "the sandbox tells the two numbers apart"
    encoded = event(site, 2)
    account_id = site.sandbox.world(2).tables["Account"].rows[0].id
    assert deliver(site, encoded.replace(f'"{account_id}"'.encode(), b"2")) == 204
    assert [record["state"] for record in site.records()] == ["connected", "disconnected"]


def test_only_the_account_that_is_meant(site: Site) -> None:
    for account in (1, 2):
        site.visitor().connect(account=account)
    assert deliver(site, event(site, 2)) == 204
    assert [record["state"] for record in site.records()] == ["connected", "disconnected"]


def test_delivered_twice(site: Site) -> None:
    site.visitor().connect()
    body = event(site)
    assert [deliver(site, body) for _ in range(2)] == [204, 204]
    assert state(site) == "disconnected"


def test_old_event_says_nothing_of_a_newer_connection(site: Site) -> None:
    site.visitor().connect()
    old = event(site, ago_seconds=60)
    assert deliver(site, old) == 204
    assert state(site) == "connected"


def test_event_replayed_after_connecting_again(site: Site) -> None:
    site.visitor().connect()
    body = event(site)
    deliver(site, body)
    site.clock.later_seconds = 5
    site.visitor().connect()
    assert state(site) == "connected"
    assert deliver(site, body) == 204
    assert state(site) == "connected"


@pytest.mark.parametrize("again", ["connect", "refresh"])
def test_event_that_comes_after_new_tokens(site: Site, again: str) -> None:
    visitor = site.visitor()
    visitor.connect()
    late = event(site)
    site.clock.later_seconds = 5
    if again == "connect":
        visitor.connect()
    else:
        store = open_store(site.store)
        (record,) = store.records()
        store.update(record, lambda each: replace(each, access_token_obtained_at=site.clock()))
    assert deliver(site, late) == 204
    assert state(site) == "connected"


def test_account_that_is_not_here(site: Site) -> None:
    site.visitor().connect()
    assert deliver(site, event(site, 2)) == 204
    assert state(site) == "connected"


def test_other_topics(site: Site) -> None:
    site.visitor().connect()
    assert deliver(site, event(site).replace(b"APP_DISCONNECT", b"CLIENT_UPDATE")) == 204
    assert state(site) == "connected"


def test_forged(site: Site) -> None:
    site.visitor().connect()
    body = event(site)
    good = site.sandbox.webhooks.signature(body)
    for forged_body, signature in ((body, None), (body, "AAAA"), (body + b" ", good), (b"", good)):
        assert send(site, forged_body, signature).status_code == 401
    assert state(site) == "connected"
    assert send(site, body, good).status_code == 204
    assert state(site) == "disconnected"


def test_forgers_are_limited_and_jobber_is_not(site: Site) -> None:
    site.visitor().connect()
    found = [send(site, b"{}", "AAAA").status_code for _ in range(25)]
    assert found[:15] == [401] * 15
    assert found[-1] == 429
    assert deliver(site, event(site)) == 204
    assert state(site) == "disconnected"


def test_large_body_is_not_read(site: Site) -> None:
    body = b" " * (65 * 1024)
    assert deliver(site, body) == 413


def test_signed_nonsense(site: Site) -> None:
    for body in (b"", b"{", b'{"data": {"webHookEvent": {"topic": "APP_DISCONNECT"}}}'):
        assert deliver(site, body) == 400


def test_answer_comes_in_time_while_the_store_is_held(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.visitor().connect()
    held, release = threading.Event(), threading.Event()
    connections = site.connections
    original = connections.mark_disconnected

    def slow(told: Event) -> bool:
        held.set()
        release.wait(10)
        return original(told)

    monkeypatch.setattr(connections, "mark_disconnected", slow)  # as if another worker held the store
    began = time.monotonic()
    assert deliver(site, event(site)) == 202
    assert time.monotonic() - began < 2, "a second, and something for a busy machine"
    assert state(site) == "connected"
    release.set()
    until(lambda: state(site) == "disconnected")


def test_store_that_cannot_be_read_asks_for_another_delivery(site: Site) -> None:
    site.store.write_text("not a store")
    assert deliver(site, event(site)) == 503
