"""Connecting an account over plain HTTP: what works, and every way in which it must not."""

from __future__ import annotations

import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.fernet import Fernet
from itsdangerous import URLSafeSerializer

from tap_jobber.credentials.stores.encryption import ENCRYPTION_KEY_VARIABLE
from tap_jobber.credentials.stores.location import open_store
from tests.connect.harness import OTHER_ADMIN, Site, location, serving, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from jobber_sandbox.server import Running

# With its point: three letters alone can also be a part of a sealed token.
JWT = re.compile(r"eyJ[\w-]+\.eyJ")


def test_first_authorisation_connects(site: Site) -> None:
    page = site.visitor().connect()
    record = site.record()
    account = site.sandbox.world().tables["Account"].rows[0].id
    assert record["account"]["id"] == account
    assert record["installer"]["user_id"] == site.sandbox.world().tables["User"].by_number[1].id
    assert page.status_code == 200
    for words in (record["account"]["name"], record["installer"]["name"], "Connected", "read_clients", "None yet"):
        assert words in text_of(page)
    assert urlsplit(page.url)[2:] == ("/connection", "", "")


def test_cookie_holds_no_token(site: Site) -> None:
    visitor = site.visitor()
    visitor.connect()
    (cookie,) = (each for each in visitor.session.cookies if each.name.startswith("tap-jobber"))
    _, content = URLSafeSerializer("whatever").loads_unsafe(str(cookie.value))
    assert set(content) == {"key", "since", "form_token", "person", "waiting", "flow", "told"}
    assert content["person"]["user_name"] == site.record()["installer"]["name"]
    for secret in site.secrets():
        assert secret not in str(content)


def test_installer_renews(site: Site) -> None:
    site.visitor().connect()
    before = site.record()
    page = site.visitor().connect()
    after = site.record()
    assert after["refresh_token"] != before["refresh_token"]
    assert after["installer"] == before["installer"]
    assert "has been renewed" in text_of(page)


def test_other_admin_is_signed_in_but_their_tokens_are_not_kept(site: Site) -> None:
    site.visitor().connect()
    before = site.record()
    page = site.visitor().connect(OTHER_ADMIN)
    after = site.record()
    assert {name: after[name] for name in before if name != "past_seeds"} == {
        name: before[name] for name in before if name != "past_seeds"
    }
    assert "stays as it is" in text_of(page)
    assert before["installer"]["name"] in text_of(page)


def test_two_accounts_are_two_connections(site: Site) -> None:
    for account in (1, 2):
        page = site.visitor().connect(account=account)
        name = site.sandbox.world(account).tables["Account"].rows[0]
        assert site.sandbox.engine.registry.read(name, "name") in text_of(page)
    assert len(site.records()) == 2


def test_sealed_store_serves_the_page_and_holds_no_readable_token(
    jobber: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENCRYPTION_KEY_VARIABLE, Fernet.generate_key().decode())
    with serving(jobber, tmp_path / "tokens.json") as site:
        visitor = site.visitor()
        visitor.connect()
        stored = site.stored().decode()
        assert site.record()["installer"]["name"] in text_of(visitor.connect())
        form = {"form_token": visitor.form_token("/disconnect")}
        for token in site.sandbox.credentials.refresh_tokens():
            assert token not in stored
        assert not JWT.search(stored)
        assert visitor.post("/disconnect", form).status_code == 303
        assert site.sandbox.credentials.refresh_tokens() == {}


def test_store_in_a_database(jobber: Running, tmp_path: Path) -> None:
    location = f"sqlite:///{tmp_path}/tokens.db"
    with serving(jobber, tmp_path / "unused", token_store=location) as site:
        visitor, other = site.visitor(), site.visitor()
        visitor.connect()
        (before,) = open_store(location).records()
        assert "stays as it is" in text_of(other.connect(OTHER_ADMIN))
        site.visitor().manage()
        (after,) = open_store(location).records()
        assert after.refresh_token != before.refresh_token
        jobber.sandbox.webhooks.deliver(f"{site.url}/webhooks/jobber", jobber.sandbox.webhooks.body(1, time.time() + 1))
        assert "Disconnected" in text_of(visitor.get("/connection"))
        visitor.connect()
        visitor.post("/disconnect", {"form_token": visitor.form_token("/disconnect")})
        assert open_store(location).records() == []
    assert not (tmp_path / "unused").exists()


def test_denial(site: Site) -> None:
    visitor = site.visitor()
    back = location(visitor.authorise(decision="deny"))
    assert back == site.config.callback_url
    page = visitor.get(back)
    assert "nothing was connected" in text_of(page)
    assert site.stored() == b""


@pytest.mark.parametrize("error", ["access_denied", "<script>alert(1)</script>"])
def test_denial_by_the_standard(site: Site, error: str) -> None:
    page = site.visitor().get(f"/oauth/callback?error={error}&error_description={error}")
    assert "nothing was connected" in text_of(page)
    assert error not in page.text


def test_code_for_another_browser_is_not_redeemed(site: Site) -> None:
    back = location(site.visitor().authorise())
    victim = site.visitor()
    for prepare in (lambda: None, lambda: victim.get("/connect")):
        prepare()
        answer = victim.get(back)
        assert answer.status_code == 400
        assert "another browser" in text_of(answer)
        assert victim.get("/connection").status_code == 401
    assert site.sandbox.credentials.exchanges == 0
    assert site.stored() == b""


def test_state_is_good_for_one_answer(site: Site) -> None:
    visitor = site.visitor()
    back = location(visitor.authorise())
    assert visitor.get(back).status_code == 303
    assert visitor.get(back).status_code == 400
    assert site.sandbox.credentials.exchanges == 1
    assert site.sandbox.credentials.refusals == 0


def test_reloading_while_jobber_takes_its_time_sends_the_code_once(site: Site) -> None:
    visitor = site.visitor()
    back = location(visitor.authorise())
    site.sandbox.faults.arm([{"kind": "token_slow", "seconds": 0.3}])
    with ThreadPoolExecutor(2) as tabs:
        found = list(tabs.map(lambda _: visitor.get(back).status_code, range(2)))
    assert sorted(found) == [303, 400]
    assert site.sandbox.credentials.exchanges == 1
    assert site.sandbox.credentials.refusals == 0


def test_kept_cookie_does_not_send_a_code_again(site: Site) -> None:
    visitor = site.visitor()
    back = location(visitor.authorise())
    kept = dict(visitor.session.cookies)
    site.sandbox.faults.arm([{"kind": "token_lost_reply"}])
    assert visitor.get(back).status_code == 503
    visitor.session.cookies.clear()
    visitor.session.cookies.update(kept)
    page = visitor.get(back)
    assert page.status_code == 400
    assert "may have been used already" in text_of(page)
    assert site.sandbox.credentials.refusals == 0


def test_state_grows_old(site: Site) -> None:
    visitor = site.visitor()
    back = location(visitor.authorise())
    site.clock.later_seconds = 901
    assert visitor.get(back).status_code == 400
    assert site.sandbox.credentials.exchanges == 0


def test_used_code(site: Site) -> None:
    visitor = site.visitor()
    back = location(visitor.authorise())
    code = parse_qs(urlsplit(back).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": site.config.callback_url}
    app = {"client_id": site.config.client_id, "client_secret": site.config.client_secret}
    assert visitor.post(f"{site.jobber.api_url}/oauth/token", {**form, **app}).status_code == 200
    page = visitor.get(back)
    assert page.status_code == 400
    assert "did not accept the sign-in" in text_of(page)
    assert site.stored() == b""


def test_long_code_is_not_sent_on(site: Site) -> None:
    visitor = site.visitor()
    state = parse_qs(urlsplit(location(visitor.get("/connect"))).query)["state"][0]
    assert visitor.get(f"/oauth/callback?state={state}&code={'x' * 513}").status_code == 400
    assert site.sandbox.credentials.refusals == 0


@pytest.mark.parametrize("state", ["", "&state="])
def test_marketplace_code_starts_an_authorisation_of_this_browser(site: Site, state: str) -> None:
    visitor = site.visitor()
    back = location(visitor.press_connect())
    assert "state" not in back
    again = visitor.get(back + state)
    assert site.sandbox.credentials.exchanges == 0
    approved = location(visitor.get(location(again)))
    assert parse_qs(urlsplit(approved).query)["state"] == parse_qs(urlsplit(location(again)).query)["state"]
    page = visitor.get(location(visitor.get(approved)))
    assert site.record()["account"]["name"] in text_of(page)


def test_marketplace_code_of_another_signs_nobody_in(site: Site) -> None:
    forged = location(site.visitor().press_connect())
    victim = site.visitor()
    started = victim.get(forged)
    assert started.headers["location"].startswith(f"{site.jobber.api_url}/oauth/authorize?")
    assert parse_qs(urlsplit(forged).query)["code"][0] not in started.headers["location"]
    assert victim.get("/connection").status_code == 401
    assert site.sandbox.credentials.exchanges == 0
    assert site.stored() == b""


def test_a_jobber_that_never_brings_the_state_is_not_asked_for_ever(site: Site) -> None:
    visitor = site.visitor()
    answers = [visitor.get("/oauth/callback?code=x").status_code for _ in range(3)]
    assert answers == [303, 400, 400]


@pytest.mark.parametrize(
    "path",
    [
        "/connect?next=https://evil.example",
        "/connect?redirect_uri=https://evil.example",
        "/oauth/callback?code=x&redirect_uri=https://evil.example&next=//evil.example",
        "/manage?next=https://evil.example",
        "/manage/continue?next=https://evil.example",
        "/disconnect?next=https://evil.example",
        "//evil.example/",
        "//evil.example/%2e%2e",
        "/\\evil.example",
        "/connect/",
    ],
)
def test_no_redirect_leads_elsewhere(site: Site, path: str) -> None:
    answer = site.visitor().get(f"{site.url}{path}")
    leads_to = answer.headers.get("location", f"{site.url}/")
    assert leads_to.startswith((f"{site.url}/", f"{site.jobber.api_url}/oauth/authorize?")), leads_to
    assert "evil" not in leads_to


def test_host_header_is_not_believed(site: Site) -> None:
    visitor = site.visitor()
    visitor.headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    for path in ("/connect", "/manage", "/manage/continue", "/", "/connection", "/nowhere", "/connect/"):
        answer = visitor.get(path)
        assert "evil" not in answer.text + str(answer.headers), path


def test_callbacks_are_limited(site: Site) -> None:
    visitor = site.visitor()
    for number in range(20):
        assert visitor.get("/oauth/callback?code=x&state=guess").status_code == 400, number
    for path in ("/oauth/callback?code=x&state=guess", "/oauth/callback?code=x", "/manage?code=x"):
        visitor.headers = {"X-Forwarded-For": "198.51.100.7"}
        limited = visitor.get(path)
        assert limited.status_code == 429
        assert 1 <= int(limited.headers["retry-after"]) <= 4
    assert site.sandbox.credentials.refusals == 0


def test_behind_a_proxy_each_client_has_a_limit(jobber: Running, tmp_path: Path) -> None:
    with serving(jobber, tmp_path / "tokens.json", trusted_proxies=1, calls_per_minute=1) as site:
        visitor = site.visitor()
        found = []
        for address in ("198.51.100.1", "198.51.100.2", "invented, 198.51.100.1"):
            visitor.headers = {"X-Forwarded-For": address}
            found.append(visitor.get("/oauth/callback?code=x&state=guess").status_code)
        assert found == [400, 400, 429]


@pytest.mark.parametrize("path", ["/oauth/callback?code={code}", "/manage?code={code}", "/connect"])
def test_looking_at_a_link_uses_up_nothing(site: Site, path: str) -> None:
    visitor = site.visitor()
    code = parse_qs(urlsplit(location(visitor.press_connect())).query)["code"][0]
    assert visitor.head(path.format(code=code)).status_code == 405
    assert site.sandbox.credentials.exchanges == site.sandbox.credentials.refusals == 0


def test_names_are_escaped(site: Site) -> None:
    world = site.sandbox.world()
    account = world.tables["Account"].rows[0]
    name = site.sandbox.engine.registry.read(account, "name")
    world.edit(account, {"name": "<script>alert('x')</script> & \"Sons\""})
    try:
        page = site.visitor().connect()
    finally:
        world.edit(account, {"name": name})
    assert "<script>" not in page.text
    assert "<script>alert('x')</script> & \"Sons\"" in text_of(page).replace("  ", " ")


def test_names_steer_no_terminal(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    world = site.sandbox.world()
    account = world.tables["Account"].rows[0]
    name = site.sandbox.engine.registry.read(account, "name")
    world.edit(account, {"name": "Sons\x1b[2J\u202e\nof Ada"})
    try:
        with caplog.at_level(logging.INFO, "tap-jobber.connect"):
            site.visitor().connect()
    finally:
        world.edit(account, {"name": name})
    assert "Connected to Sons [2J of Ada (" in caplog.text


@pytest.mark.parametrize("kind", ["token_status", "token_lost_reply"])
def test_failed_exchange_leaves_things_as_they_were(site: Site, kind: str) -> None:
    site.visitor().connect()
    before = site.stored()
    visitor = site.visitor()
    back = location(visitor.authorise())
    site.sandbox.faults.arm([{"kind": kind}])
    page = visitor.get(back)
    assert page.status_code == 503
    assert "try again" in text_of(page).lower()
    assert site.stored() == before
    assert site.visitor().connect().status_code == 200


def test_store_that_cannot_be_written_is_found_before_the_code_is_used(site: Site) -> None:
    site.visitor().connect()
    content = site.stored()
    site.store.unlink()
    site.store.write_text("not a store")
    visitor = site.visitor()
    page = visitor.get(location(visitor.authorise()))
    assert page.status_code == 503
    site.store.write_bytes(content)
    assert site.visitor().connect().status_code == 200
