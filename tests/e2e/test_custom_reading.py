"""Streams of users' queries are read like the tap's own: in windows, resumed, around failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.e2e import truth
from tests.e2e.test_custom_streams import ALL_THEN_NEWER, NODES, PAGE_SIZE, custom, sync, warnings_of

if TYPE_CHECKING:
    from tests.e2e.harness import Bench

BELOW_A_FILTER = ALL_THEN_NEWER.replace("$after)", "$after, filter: {isLead: false})")


def ids_of(one: Bench, query: str) -> set[str]:
    nodes = truth.ask(one, query, first=1_000_000, after=None)["nodes"]
    return {row["id"] for row in nodes}


def test_a_filter_that_the_server_does_not_take_is_done_without(tiny: Bench) -> None:
    tiny.arm(kind="unknown_argument", argument="ClientFilterAttributes.updatedAt")
    since = sorted(row["updatedAt"] for row in truth.rows(tiny, "clients"))[4]
    mine = custom(ALL_THEN_NEWER, replication_key="changed")
    outcome = sync(tiny, mine, page_size=PAGE_SIZE, start_date=since).checked()
    assert set(outcome.ids("mine")) == {row["id"] for row in truth.rows(tiny, "clients") if row["updatedAt"] >= since}
    (warning,) = warnings_of(outcome)
    assert warning == "mine: Jobber does not take a filter on its updatedAt; reading all"
    assert "replication_key_value" in outcome.states[-1]["bookmarks"]["mine"]


def test_a_filter_of_the_users_stays_beside_that_of_the_tap(tiny: Bench) -> None:
    mine: dict[str, Any] = custom(BELOW_A_FILTER, replication_key="changed")
    outcome = sync(tiny, mine, start_date="2020-01-01T00:00:00Z").checked()
    assert set(outcome.ids("mine")) == ids_of(tiny, BELOW_A_FILTER)
    assert len(outcome.ids("mine")) < len(truth.rows(tiny, "clients"))


def test_what_is_hidden_is_not_said_to_be_gone(tiny: Bench) -> None:
    hidden = truth.rows(tiny, "clients")[2]["id"]
    tiny.arm(kind="hidden", type="Client", ids=[hidden])
    outcome = sync(tiny, custom(NODES), page_size=PAGE_SIZE, emit_activate_version_messages=True).checked()
    assert set(outcome.ids("mine")) == ids_of(tiny, NODES) - {hidden}
    assert outcome.of_type("ACTIVATE_VERSION") == []
