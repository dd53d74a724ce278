"""The Manage App button over plain HTTP."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from itsdangerous import URLSafeSerializer

from tests.connect.harness import INSTALLER, OTHER_ADMIN, Site, location, text_of, token_of


def test_installer_gets_in_and_their_new_tokens_replace_the_old(site: Site) -> None:
    site.visitor().connect()
    before = site.record()
    page = site.visitor().manage()
    after = site.record()
    assert page.status_code == 200
    assert after["refresh_token"] != before["refresh_token"]
    assert after["installer"] == before["installer"]
    assert "(you)" in text_of(page)


def test_other_admin_gets_in_and_the_installers_tokens_stay(site: Site) -> None:
    site.visitor().connect()
    before = site.record()
    page = site.visitor().manage(OTHER_ADMIN)
    after = site.record()
    for name in ("access_token", "refresh_token", "installer", "connected_at"):
        assert after[name] == before[name]
    assert page.status_code == 200
    assert "(you)" not in text_of(page)
    assert before["installer"]["name"] in text_of(page)
    assert "stays as it is" in text_of(page)


@pytest.mark.parametrize("bound_to", ["manage_url", "callback_url"])
def test_code_may_be_bound_to_either_address(site: Site, bound_to: str) -> None:
    site.visitor().connect()
    visitor = site.visitor()
    answer = visitor.press_manage(redirect_uri=getattr(site.config, bound_to))
    assert urlsplit(location(answer)).path == "/manage/continue"
    assert site.sandbox.credentials.exchanges == 2


def test_account_that_is_not_connected_here(site: Site) -> None:
    site.visitor().connect()
    before = site.stored()
    site.visitor().press_connect(account=2)
    visitor = site.visitor()
    page = visitor.press_manage(account=2)
    assert page.status_code == 404
    assert "Connect it first" in text_of(page)
    assert visitor.get("/connection").status_code == 401
    assert site.records() == [site.record()]
    assert site.record()["refresh_token"] in before.decode()


def test_account_that_is_not_connected_here_while_none_is(site: Site) -> None:
    site.visitor().press_connect()
    assert site.visitor().press_manage().status_code == 404
    assert site.records() == []


def test_link_of_another_signs_nobody_in(site: Site) -> None:
    """Show the victim of a foreign code a name and a question, without signing them in."""
    site.visitor().connect()
    victim = site.visitor()
    asked = victim.get(location(victim.press_manage(OTHER_ADMIN)))
    assert "Is this you?" in text_of(asked)
    assert victim.get("/connection").status_code == 401
    assert victim.get("/disconnect").status_code == 401
    for form in ({}, {"form_token": ""}, {"form_token": "guess"}):
        assert victim.post("/manage/continue", form).status_code == 403
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert victim.post("/manage/continue", {"form_token": token_of(asked)}, **foreign).status_code == 403
    assert victim.get("/connection").status_code == 401


def test_who_says_no_is_not_asked_again(site: Site) -> None:
    visitor = site.visitor()
    visitor.connect()
    token = visitor.form_token(location(visitor.press_manage(OTHER_ADMIN)))
    assert urlsplit(location(visitor.get("/"))).path == "/connection"
    assert urlsplit(location(visitor.get("/manage/continue"))).path == "/connection"
    assert visitor.post("/manage/continue", {"form_token": token}).status_code == 401
    visitor.post("/disconnect", {"form_token": token})
    assert "has been disconnected" in text_of(visitor.get("/connection"))


def test_form_of_another_session_signs_nobody_in(site: Site) -> None:
    site.visitor().connect()
    attacker, victim = site.visitor(), site.visitor()
    token = attacker.form_token(location(attacker.press_manage(OTHER_ADMIN)))
    victim.press_manage(INSTALLER)
    assert victim.post("/manage/continue", {"form_token": token}).status_code == 403
    assert victim.get("/connection").status_code == 401


def test_session_is_another_after_signing_in(site: Site) -> None:
    site.visitor().connect()
    visitor = site.visitor()
    asked = location(visitor.press_manage())
    before = dict(visitor.session.cookies)
    token = visitor.form_token(asked)
    visitor.post("/manage/continue", {"form_token": token})
    assert visitor.form_token("/connection") != token
    copy = site.visitor()
    copy.session.cookies.update(before)
    assert copy.post("/manage/continue", {"form_token": token}).status_code == 403


def test_who_is_signed_in_already_is_not_asked_again(site: Site) -> None:
    visitor = site.visitor()
    visitor.connect()
    assert urlsplit(location(visitor.press_manage())).path == "/connection"
    assert urlsplit(location(visitor.press_manage(OTHER_ADMIN))).path == "/manage/continue"
    assert "(you)" in text_of(visitor.get("/connection"))


def test_code_does_not_stay_in_the_address(site: Site) -> None:
    site.visitor().connect()
    visitor = site.visitor()
    pressed = visitor.press_manage()
    assert urlsplit(location(pressed)).query == ""
    assert parse_qs(urlsplit(pressed.url).query)["code"][0] not in visitor.get(location(pressed)).text


def test_used_code(site: Site) -> None:
    site.visitor().connect()
    visitor = site.visitor()
    pressed = visitor.press_manage()
    page = site.visitor().get(pressed.url)
    assert page.status_code == 400
    assert "did not accept the sign-in" in text_of(page)


def test_reloading_does_not_send_the_code_again(site: Site) -> None:
    site.visitor().connect()
    visitor = site.visitor()
    pressed = visitor.press_manage()
    refusals = site.sandbox.credentials.refusals
    assert visitor.get(pressed.url).status_code == 400
    assert site.sandbox.credentials.refusals == refusals
    assert visitor.get(location(pressed)).status_code == 200


def test_without_a_code(site: Site) -> None:
    visitor = site.visitor()
    assert urlsplit(location(visitor.get("/manage"))).path == "/"
    visitor.connect()
    assert urlsplit(location(visitor.get("/manage"))).path == "/connection"
    assert urlsplit(location(visitor.get("/manage/continue"))).path == "/connection"


def test_signing_out(site: Site) -> None:
    visitor = site.visitor()
    visitor.connect()
    stolen = dict(visitor.session.cookies)
    token = visitor.form_token("/connection")
    assert visitor.post("/sign-out", {}).status_code == 403
    assert visitor.post("/sign-out", {"form_token": token}).status_code == 200
    thief = site.visitor()
    thief.session.cookies.update(stolen)
    for one in (visitor, thief):
        assert one.get("/connection").status_code == 401
    assert site.record()["state"] == "connected"


def test_sessions_of_nobody_are_not_remembered(site: Site) -> None:
    """Nobody has to redeem a code for them, so that any number of them could be signed out."""
    visitor = site.visitor()
    back = location(visitor.authorise())
    before = {name: value for name, value in visitor.session.cookies.items() if name.startswith("tap-jobber")}
    _, content = URLSafeSerializer("whatever").loads_unsafe(*before.values())
    assert visitor.post("/sign-out", {"form_token": content["form_token"]}).status_code == 200
    assert visitor.get(back).status_code == 400
    copy = site.visitor()
    copy.session.cookies.update(before)
    assert copy.get(back).status_code == 303


def test_session_ends_by_itself(site: Site) -> None:
    visitor = site.visitor()
    visitor.connect()
    token = visitor.form_token("/connection")
    site.clock.later_seconds = 31 * 60
    assert visitor.get("/connection").status_code == 401
    assert visitor.post("/disconnect", {"form_token": token}).status_code == 403
