"""Rolling resync of a user's own query: quiet edits are seen and deleted rows dropped, where a filter cuts the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.e2e.harness import bench
from tests.e2e.test_custom_streams import ALL_THEN_NEWER, CLOSED, custom, sync

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.harness import Bench, Outcome

_HOUR_SECONDS = 3_600
_GAPS_HOURS = (1, 24, 24, 24)
_SETTINGS: dict[str, Any] = {"resync_days": 2, "emit_activate_version_messages": True}


def _synced(one: Bench, state: Any) -> Outcome:  # noqa: ANN401 - JSON
    words = () if state is None else ("--state", one.write("state.json", state))
    mine = custom(ALL_THEN_NEWER, replication_key="changed")
    return sync(one, mine, words=words, **_SETTINGS).checked()


def test_what_no_change_marker_tells_of_a_query_is_read_again_and_dropped(tmp_path: Path) -> None:
    loaded: dict[str, tuple[str, int]] = {}
    with bench(tmp_path, scale=0.1, clock_offset=-9 * 24 * _HOUR_SECONDS) as one:
        rows = one.sandbox.world().tables["Client"].rows
        state = None
        for hours in (0, *_GAPS_HOURS):
            one.sandbox.advanced_seconds += hours * _HOUR_SECONDS
            outcome = _synced(one, state)
            assert hours != 1 or len(outcome.rows("mine")) < len(rows) / 2
            for message in outcome.messages:
                if message["type"] == "RECORD":
                    loaded[message["record"]["id"]] = message["record"]["name"], message["version"]
                elif message["type"] == "ACTIVATE_VERSION":
                    loaded = {key: row for key, row in loaded.items() if row[1] == message["version"]}
            if state is None:
                assert loaded.keys() == {row.id for row in rows}
                one.change(op="edit", type="Client", ids=[rows[3].id], set={"name": "quiet"}, touch=False)
                one.change(op="delete", type="Client", ids=[row.id for row in rows[::5]])
            assert loaded.keys() >= {row.id for row in one.sandbox.world().tables["Client"].rows}
            state = outcome.states[-1]
        kept = one.sandbox.world().tables["Client"].rows
        assert loaded.keys() == {row.id for row in kept}
        assert "quiet" in {name for name, _ in loaded.values()}


def test_a_query_that_no_filter_cuts_is_read_as_without_the_setting(tmp_path: Path) -> None:
    with bench(tmp_path) as one:
        first = sync(one, custom(CLOSED, replication_key="changed"), **_SETTINGS).checked()
        assert first.rows("mine")
        assert not first.of_type("ACTIVATE_VERSION")
        assert set(first.states[-1]["bookmarks"]["mine"]) == {"replication_key", "replication_key_value"}
