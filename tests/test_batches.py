"""Batch files: what they hold, when they are named, and what becomes of rows that cannot be written."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from singer_sdk.helpers._batch import BaseBatchFileEncoding
from singer_sdk.singerlib import ActivateVersionMessage, RecordMessage, SchemaMessage, StateMessage
from singer_sdk.sinks import BatchSink
from singer_sdk.target_base import Target
from typing_extensions import override

from tap_jobber.batches import BatchWriter
from tap_jobber.errors import TapError
from tap_jobber.messages import MessageWriter
from tests.consumer import Consumer

if TYPE_CHECKING:
    from pathlib import Path

    from singer_sdk.singerlib.encoding.simple import Message

SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}}}


class Kept(MessageWriter):
    """Keeps messages."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []

    @override
    def put(self, message: Message) -> None:
        """Keep a message."""
        self.messages.append(message.to_dict())

    @property
    def kinds(self) -> list[str]:
        """The types of the messages."""
        return [str(each["type"].value) for each in self.messages]


def batching(folder: Path | str, compression: str = "gzip", **others: object) -> tuple[BatchWriter, Kept]:
    """Return a writer of batches in a folder, and what it hands on."""
    kept = Kept()
    encoding = {"format": "jsonl", "compression": compression}
    return BatchWriter(kept, {"encoding": encoding, "storage": {"root": str(folder)}, **others}, "tap-jobber"), kept


def row(number: int, stream: str = "jobs") -> RecordMessage:
    """Return a row."""
    return RecordMessage(stream, {"id": number}, time_extracted=dt.datetime.now(dt.timezone.utc))


def test_a_state_comes_after_the_batches_of_all_streams(tmp_path: Path) -> None:
    writer, kept = batching(tmp_path)
    for message in (row(1), row(2, "job_notes"), row(3), StateMessage({"bookmarks": {}})):
        writer.write_message(message)
    assert kept.kinds == ["BATCH", "BATCH", "STATE"]
    assert [each["stream"] for each in kept.messages[:2]] == ["jobs", "job_notes"]


def test_a_batch_of_its_full_size_is_not_held_back(tmp_path: Path) -> None:
    writer, kept = batching(tmp_path, batch_size=2)
    for number in range(5):
        writer.write_message(row(number))
    assert kept.kinds == ["BATCH", "BATCH"]
    writer.flush()
    writer.flush()
    assert kept.kinds == ["BATCH"] * 3
    assert len(list(tmp_path.iterdir())) == 3


_MESSAGES = st.one_of(
    st.builds(row, st.integers(0, 9), st.sampled_from(["a", "b", "c/d e"])),
    st.builds(lambda number: StateMessage({"bookmarks": {"a": {"n": number}}}), st.integers(0, 9)),
    st.builds(ActivateVersionMessage, st.sampled_from(["a", "b"]), st.just(1)),
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_MESSAGES, max_size=25), st.integers(1, 4), st.sampled_from(["gzip", "none"]))
def test_whatever_is_written_comes_out_whole_and_in_order(
    tmp_path: Path, messages: list[Message], batch_size: int, compression: str
) -> None:
    writer, kept = batching(tmp_path, compression, batch_size=batch_size)
    schemas = [SchemaMessage(name, SCHEMA, []) for name in ("a", "b", "c/d e")]
    plain = Consumer()
    for message in (*schemas, *messages):
        writer.write_message(message)
        plain.take([message.to_dict()])
        if isinstance(message, (StateMessage, ActivateVersionMessage)):
            assert Consumer().take(kept.messages).rows == plain.rows
    writer.flush()
    consumer = Consumer().take(kept.messages)
    assert consumer.rows == plain.rows
    assert consumer.kept == plain.kept
    assert consumer.state == plain.state


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_the_sdks_targets_read_the_files(tmp_path: Path, compression: str) -> None:
    writer, kept = batching(tmp_path, compression)
    given_row = {"id": 1, "name": "Café ☕\n", "total": Decimal("1234567890.10"), "tags": [{"a": None}]}
    writer.write_message(RecordMessage("jobs", given_row))
    writer.flush()
    (message,) = kept.messages
    found: list[dict[str, Any]] = []

    class Sink(BatchSink):
        """Keeps what it reads."""

        @override
        def process_batch(self, context: dict[str, Any]) -> None:
            found.extend(context["records"])

    class TargetOfTest(Target):
        """A target."""

        name = "target-of-test"

    sink = Sink(TargetOfTest(config={}, validate_config=False), "jobs", SCHEMA, ["id"])
    sink.process_batch_files(BaseBatchFileEncoding(**message["encoding"]), message["manifest"])
    assert found == [given_row]
    assert str(found[0]["total"]) == "1234567890.10"


def test_what_a_signal_asks_for_comes_after_the_batches_and_their_state(tmp_path: Path) -> None:
    writer, kept = batching(tmp_path)
    put = kept.put

    def interrupted(message: Message) -> None:
        if message.type.value == "BATCH":
            writer.after_message(lambda: writer.write_message(StateMessage({"bookmarks": {"at": "the end"}})))
        put(message)

    kept.put = interrupted  # type: ignore[method-assign] # as a signal does, in the middle of a message
    for message in (row(1), row(2, "job_notes"), StateMessage({"bookmarks": {}})):
        writer.write_message(message)
    assert kept.kinds == ["BATCH", "BATCH", "STATE", "STATE"]


def test_rows_that_cannot_be_written_hold_the_state_back(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.write_text("a file in the way")
    writer, kept = batching(folder)
    writer.write_message(row(1))
    for _ in range(2):
        with pytest.raises(TapError, match=r"batch files cannot be written \(.+\): see to storage in the setting"):
            writer.write_message(StateMessage({"bookmarks": {}}))
    assert kept.messages == []
    folder.unlink()
    writer.write_message(StateMessage({"bookmarks": {}}))
    assert kept.kinds == ["BATCH", "STATE"]


def test_a_storage_of_an_unknown_kind_is_refused_before_anything_is_read() -> None:
    with pytest.raises(TapError, match=r"batch files cannot be written \(Unsupported filesystem.*\): see to storage"):
        batching("nonsense://folder")


def test_files_have_the_prefix_and_a_name_that_can_be_one(tmp_path: Path) -> None:
    writer, kept = batching(tmp_path, storage={"root": tmp_path.as_uri(), "prefix": "new-"})
    writer.write_message(row(1, "crm/jobs of ours"))
    writer.flush()
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("new-tap-jobber--crm_jobs_of_ours-")
    assert path.name.endswith("-1.json.gz")
    assert kept.messages[0]["manifest"] == [path.as_uri()]
    assert json.dumps(kept.messages[0]["encoding"]) == '{"format": "jsonl", "compression": "gzip"}'
