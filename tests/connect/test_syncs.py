"""The connect page's list of the last syncs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import Sync
from tests.connect.harness import text_of

if TYPE_CHECKING:
    from tests.connect.harness import Site

LINE = "jobs was set aside, Jobber refused the query: check api_version"
SYNCS = {
    "Complete": Sync(1_000.0, 2_000.0, {"clients": 3}),
    "Not complete": Sync(1_000.0, 2_000.0, {"clients": 3}, "not complete: jobs", {"jobs": LINE}),
    "Failed": Sync(1_000.0, 2_000.0, {"clients": 3}, "the app has been disconnected"),
}


@pytest.mark.parametrize("word", SYNCS)
def test_a_sync_is_called_what_it_is(site: Site, word: str) -> None:
    visitor = site.visitor()
    visitor.connect()
    store = open_store(str(site.store))
    (record,) = store.records(site.config.client_id)
    store.update(record, lambda found: replace(found, syncs=(SYNCS[word],)))
    text = text_of(visitor.get("/connection"))
    assert [each for each in SYNCS if f" {each} 3 records" in text] == [word]
    assert ("Not all could be read of: jobs." in text) is (word == "Not complete")
    for words_of_operators in ("api_version", "set aside", "the app has been disconnected"):
        assert words_of_operators not in text


def test_a_stopped_sync_comes_without_words_for_operators(site: Site) -> None:
    visitor = site.visitor()
    visitor.connect()
    store = open_store(str(site.store))
    (record,) = store.records(site.config.client_id)
    syncs = (
        Sync(1.0, 2.0, {}, "stopped by SIGTERM", exit_status=143),
        Sync(1.0, 2.0, {}, "it was stopped with status 143"),
    )
    store.update(record, lambda found: replace(found, syncs=syncs))
    text = text_of(visitor.get("/connection"))
    assert text.count("Stopped") == 2
    assert "SIGTERM" not in text
    assert "143" not in text
