"""Ending the connection by the button."""

from __future__ import annotations

import json
import time

import pytest

from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import State
from tests.connect.harness import OTHER_ADMIN, Site, location, text_of

MUTATION_ROOT = "appDisconnect"


def mutations(site: Site) -> int:
    return sum(MUTATION_ROOT in entry.roots for entry in site.sandbox.log)


def refused(site: Site) -> None:
    """Let the connection be one that Jobber refused at a refresh."""
    store = open_store(site.store)
    (record,) = store.records()
    store.update(record, lambda each: each.with_state(State.REFUSED, time.time(), "Jobber refused the refresh token"))


@pytest.fixture(autouse=True)
def _forget_requests(site: Site) -> None:
    site.sandbox.log.clear()


@pytest.mark.parametrize("is_installer", [True, False])
def test_button(site: Site, *, is_installer: bool) -> None:
    visitor = site.visitor()
    visitor.connect()
    if not is_installer:
        visitor = site.visitor()
        visitor.connect(OTHER_ADMIN)
    asked = visitor.get("/disconnect")
    assert "Disconnect" in text_of(asked)
    assert mutations(site) == 0
    page = visitor.get(location(visitor.post("/disconnect", {"form_token": visitor.form_token("/disconnect")})))
    assert mutations(site) == 1
    assert site.sandbox.credentials.refresh_tokens() == {}
    assert site.records() == []
    assert "has been disconnected" in text_of(page)
    assert "Connect it" in text_of(page)
    assert 'href="/disconnect"' not in page.text


def test_renewed_before_if_the_access_token_has_expired(site: Site) -> None:
    visitor = site.visitor()
    visitor.connect()
    site.sandbox.credentials.expire_access_tokens()
    assert visitor.post("/disconnect", {"form_token": visitor.form_token("/disconnect")}).status_code == 303
    assert site.sandbox.credentials.refreshes == 1
    assert site.records() == []


def test_disconnected_in_jobber_meanwhile(site: Site) -> None:
    visitor = site.visitor()
    visitor.connect()
    site.sandbox.credentials.disconnect(1)
    assert visitor.post("/disconnect", {"form_token": visitor.form_token("/disconnect")}).status_code == 303
    assert site.records() == []


def test_tokens_that_jobber_refuses_are_dropped_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.sandbox.credentials, "token_seconds", 1.0)
    visitor = site.visitor()
    visitor.connect()
    site.sandbox.credentials.disconnect(1)
    time.sleep(1)
    assert visitor.post("/disconnect", {"form_token": visitor.form_token("/disconnect")}).status_code == 303
    assert site.sandbox.credentials.refusals == 1
    assert site.records() == []
    assert "if it still lists the app under Apps, disconnect it there" in text_of(visitor.get("/connection"))


def test_connection_that_jobber_refuses(site: Site) -> None:
    visitor = site.visitor()
    visitor.connect()
    refused(site)
    page = visitor.get("/connection")
    assert "Not working" in text_of(page)
    assert "Jobber no longer accepts this connection" in text_of(page)
    assert "Connect again" in text_of(page)


def test_other_admin_of_a_connection_that_jobber_refuses(site: Site) -> None:
    """Their tokens would be discarded: they are told of the way that leads on, and it does."""
    visitor = site.visitor()
    visitor.connect()
    refused(site)
    visitor = site.visitor()
    page = visitor.connect(OTHER_ADMIN)
    assert f"{site.record()['installer']['name']} has to connect it again" in text_of(page)
    assert "Connect again" not in text_of(page)
    assert visitor.post("/disconnect", {"form_token": visitor.form_token("/disconnect")}).status_code == 303
    assert "(you)" in text_of(visitor.connect(OTHER_ADMIN))


def test_jobber_is_down_for_a_connection_that_it_has_refused_before(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_jobber.connect.jobber_api.RETRY_SECONDS", 0.2)
    visitor = site.visitor()
    visitor.connect()
    refused(site)
    form = {"form_token": visitor.form_token("/disconnect")}
    site.sandbox.faults.arm([{"kind": "status", "status": 500, "times": 100}])
    assert visitor.post("/disconnect", form).status_code == 503
    assert site.sandbox.credentials.is_connected(1)
    assert site.record()["state"] == "refused"


def test_twice_is_once(site: Site) -> None:
    visitor = site.visitor()
    visitor.connect()
    form = {"form_token": visitor.form_token("/disconnect")}
    assert [visitor.post("/disconnect", form).status_code for _ in range(2)] == [303, 303]
    assert mutations(site) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "waiting_room"},
        {
            "kind": "not_json",
            "body": json.dumps({"data": {MUTATION_ROOT: {"app": None, "userErrors": [{"message": "<b>No</b>"}]}}}),
        },
        {"kind": "not_json", "body": json.dumps({"data": {MUTATION_ROOT: None}})},
    ],
)
def test_jobber_does_not_agree(site: Site, fault: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_jobber.connect.jobber_api.RETRY_SECONDS", 0.5)
    visitor = site.visitor()
    visitor.connect()
    form = {"form_token": visitor.form_token("/disconnect")}
    site.sandbox.faults.arm([{**fault, "times": 100}])
    page = visitor.post("/disconnect", form)
    assert page.status_code == 503
    assert "Try again" in text_of(page)
    assert "<b>" not in page.text
    site.sandbox.faults.clear()
    assert site.record()["state"] == "connected"
    assert "Connected" in text_of(visitor.get("/connection"))


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ({}, {}),
        ({"form_token": ""}, {}),
        ({"form_token": "guess"}, {}),
        ({"form_token": "right"}, {"Sec-Fetch-Site": "cross-site"}),
        ({"form_token": "right"}, {"Sec-Fetch-Site": "same-site"}),
        ({"form_token": "x" * 5_000}, {}),
    ],
)
def test_form_from_elsewhere(site: Site, form: dict[str, str], headers: dict[str, str]) -> None:
    visitor = site.visitor()
    visitor.connect()
    if form.get("form_token") == "right":
        form = {"form_token": visitor.form_token("/disconnect")}
    page = visitor.post("/disconnect", form, **headers)
    assert page.status_code == 403
    assert "form was not sent from a page of this session" in text_of(page)
    assert mutations(site) == 0
    assert site.record()["state"] == "connected"


def test_nobody_may(site: Site) -> None:
    site.visitor().connect()
    stranger = site.visitor()
    assert stranger.get("/disconnect").status_code == 401
    assert stranger.post("/disconnect").status_code == 403
    assert stranger.get("/connection").status_code == 401
    assert mutations(site) == 0


def test_another_accounts_admin_ends_only_their_own(site: Site) -> None:
    site.visitor().connect()
    visitor = site.visitor()
    visitor.connect(account=2)
    form = {"form_token": visitor.form_token("/disconnect"), "account_id": site.records()[0]["account"]["id"]}
    visitor.post("/disconnect?account_id=1", form)
    assert site.record()["account"]["id"] == site.sandbox.world(1).tables["Account"].rows[0].id
    assert site.record()["state"] == "connected"


def test_reading_ends_nothing(site: Site) -> None:
    visitor = site.visitor()
    visitor.connect()
    for path in ("/disconnect", "/disconnect?confirm=yes", "/sign-out"):
        visitor.get(path)
    assert site.record()["state"] == "connected"
    assert visitor.get("/connection").status_code == 200
    assert mutations(site) == 0
