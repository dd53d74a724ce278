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
    assert [each for each in SYNCS if f" {each} 3 rows" in " ".join(text.split())] == [word]
    assert (LINE in text) is bool(SYNCS[word].incomplete)
