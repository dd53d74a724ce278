"""Flattening, stream maps and batches of the installed tap, on all streams, and where a signal stops a run."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path
from typing import Any

from tests.consumer import Consumer
from tests.e2e import truth
from tests.e2e.harness import TAP, Bench, Outcome, bench, catalog
from tests.e2e.processes import family

PAGE = Path(__file__).parents[2] / "docs" / "shaping-rows.md"
QUERY = """
query ($first: Int!, $after: String) {
  clients(first: $first, after: $after) { nodes { id firstName billingAddress { city street } } }
}
"""
MINE = {"name": "mine", "query": QUERY, "primary_keys": ["id"]}
REQUESTS = 12
"""How many requests are answered before the signal comes."""
# So that the tap takes notice of it before the answer.
PAUSE_SECONDS = 0.3


def batches(folder: Path, **others: object) -> dict[str, Any]:
    """Return the setting that puts rows into files of a folder."""
    return {"encoding": {"format": "jsonl", "compression": "gzip"}, "storage": {"root": folder.as_uri()}, **others}


def consumed(outcome: Outcome, *, is_exact: bool = False) -> Consumer:
    """Return a strict target that has consumed a run's messages."""
    return Consumer(is_exact=is_exact).take(outcome.messages)


def test_flat_rows_of_all_streams_in_batches_have_just_the_columns_of_their_schemas(tiny: Bench) -> None:
    flat: dict[str, Any] = {"flattening_enabled": True, "flattening_max_depth": 4}
    outcome = tiny.tap(streams=truth.EVERY, batch_config=batches(tiny.home / "batches"), **flat).checked()
    consumer = consumed(outcome, is_exact=True)
    assert set(consumer.schemas) == set(truth.EVERY)
    written = {name: str(len(consumer.rows.get(name, []))) for name in truth.EVERY}
    assert written == {name: outcome.summary()[name][0] for name in truth.EVERY}


def test_a_stream_of_ones_own_under_a_map_flat_and_in_batches(tiny: Bench) -> None:
    maps = {"mine": {"__alias__": "ours", "hash": "md5(id)", "firstName": None}}
    settings: dict[str, Any] = {"flattening_enabled": True, "flattening_max_depth": 1, "stream_maps": maps}
    outcome = tiny.tap(custom_streams=[MINE], batch_config=batches(tiny.home / "batches"), **settings).checked()
    consumer = consumed(outcome, is_exact=True)
    assert len(consumer.rows["ours"]) == len(consumer.rows["clients"])
    columns = ["id", "billingAddress__city", "billingAddress__street", "hash"]
    assert list(consumer.schemas["ours"]["schema"]["properties"]) == columns


def test_no_state_of_a_run_that_a_signal_stops_counts_on_rows_that_are_in_no_batch(tmp_path: Path) -> None:
    streams = ("clients", "client_tags", "client_notes")
    with bench(tmp_path, scale=0.15) as one:
        chosen = one.write("catalog.json", catalog(streams))
        whole = consumed(one.tap("--catalog", chosen).checked())
        config = one.config(batch_config=batches(tmp_path / "batches"), page_size=5)
        asked = iter(range(1_000_000))
        with family([TAP, "--config", str(config), "--catalog", str(chosen)], tmp_path) as started:

            def stop(_request: object) -> None:
                if next(asked) >= REQUESTS:
                    started.head.send_signal(signal.SIGTERM)
                    time.sleep(PAUSE_SECONDS)

            one.sandbox.before_request = stop
            out, error = started.head.communicate(timeout=30)
        one.sandbox.before_request = None
        outcome = Outcome(started.head.returncode, out, error)
        assert outcome.status == 128 + signal.SIGTERM, error
        first = consumed(outcome)
        words = ("--config", config, "--catalog", chosen, "--state", one.write("state.json", first.state))
        second = consumed(one.tap_with(words).checked())
    for name in streams:
        keys = whole.schemas[name]["key_properties"]
        found, expected = (
            {tuple(row[key] for key in keys) for row in rows}
            for rows in ([*first.durable(name), *second.rows.get(name, [])], whole.rows[name])
        )
        assert found == expected
    assert 0 < len(first.durable("clients")) < len(whole.rows["clients"])


def test_the_examples_of_the_page(tiny: Bench) -> None:
    maps, settings = (
        json.loads(f"{{{block}}}")
        for block in re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    )
    settings["batch_config"]["storage"]["root"] = (tiny.home / "batches").as_uri()
    plain = consumed(tiny.tap(streams=["clients", "invoices"]).checked())
    consumer = consumed(tiny.tap(streams=["clients", "invoices"], **maps, **settings).checked())
    wanted = [row["id"] for row in plain.rows["clients"] if not row["isArchived"]]
    assert [row["id"] for row in consumer.rows["customers"]] == wanted
    assert len(consumer.rows["invoices"]) == len(plain.rows["invoices"]) > len(consumer.rows["paid_invoices"])
    assert "emails" not in consumer.schemas["customers"]["schema"]["properties"]


def test_batches_that_cannot_be_written_end_the_run_in_one_line(tiny: Bench) -> None:
    tiny.write("batches", "a file in the way")
    outcome = tiny.refused(streams=["clients"], batch_config=batches(tiny.home / "batches"), keeps_store=False)
    outcome.assert_refused("batch files cannot be written", "see to storage", "batch_config")


def test_settings_that_do_not_go_together_are_refused_before_anything_is_asked(tiny: Bench) -> None:
    together: dict[str, Any] = {"batch_config": batches(tiny.home), "emit_activate_version_messages": True}
    tiny.refused(**together).assert_refused("batch_config and emit_activate_version_messages", "remove one of the two")
    odd = {**batches(tiny.home), "encoding": {"format": "parquet"}}
    tiny.refused(batch_config=odd).assert_refused("batch_config.encoding.format", "parquet", "jsonl")
    tiny.refused(batch_config={"encoding": {"format": "jsonl"}}).assert_refused("batch_config.storage is missing")
    assert tiny.log == []


def test_a_trial_writes_batches_too(tiny: Bench) -> None:
    consumer = consumed(tiny.tap("--test", batch_config=batches(tiny.home / "batches")).checked())
    assert consumer.rows
    assert max(len(rows) for rows in consumer.rows.values()) == 1
