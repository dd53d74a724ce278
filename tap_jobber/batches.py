"""Writes rows to files, and names each file in a BATCH message.

All messages pass through one writer, whether a stream, the end of a run or a signal sends them, so that no STATE
overtakes a row that it counts on: rows are collected per stream, and before any message other than a RECORD all files
are written and named.
"""

from __future__ import annotations

import gzip
import re
import uuid
from typing import TYPE_CHECKING, Any

from singer_sdk.contrib.msgspec import encoder
from singer_sdk.helpers._batch import BatchConfig, SDKBatchMessage
from singer_sdk.singerlib import RecordMessage
from typing_extensions import override
from upath import UPath

from tap_jobber.errors import TapError, one_line
from tap_jobber.messages import MessageWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from singer_sdk.singerlib.encoding.base import GenericSingerWriter
    from singer_sdk.singerlib.encoding.simple import Message

_COMPRESS_LEVEL = 6
_IN_A_NAME = re.compile(r"[^\w.-]+")


class _Batch:
    """Rows of one stream, as lines of JSON."""

    def __init__(self) -> None:
        self.rows = 0
        self.lines = bytearray()

    def add(self, row: Mapping[str, Any]) -> None:
        self.lines += encoder.encode(row)
        self.lines += b"\n"
        self.rows += 1


class BatchWriter(MessageWriter):
    """The writer that puts rows into files, and hands on other messages.

    Args:
        writer: The writer of the other messages.
        settings: The setting `batch_config`.
        tap_name: The tap's name, with which file names begin.

    Raises:
        TapError: If no installed library serves the storage.
    """

    def __init__(self, writer: GenericSingerWriter[Any, Message], settings: Mapping[str, Any], tap_name: str) -> None:
        super().__init__()
        self._writer = writer
        self._config = BatchConfig.from_dict(dict(settings))
        storage = self._config.storage
        self._run = f"{tap_name}--{{stream}}-{uuid.uuid4()}"
        self._files = 0
        self._batches: dict[str, _Batch] = {}
        try:
            _ = UPath(storage.root, **storage.params).fs
        except Exception as error:
            # The libraries behind each kind of address raise errors of their own.
            raise self._unusable(error) from error

    @override
    def put(self, message: Message) -> None:
        """Collect a row, or write any other message after all rows so far."""
        if not isinstance(message, RecordMessage):
            self._put_batches()
            self._writer.write_message(message)
            return
        batch = self._batches.setdefault(message.stream, _Batch())
        batch.add(message.record)
        if batch.rows >= self._config.batch_size:
            self._put_batch(message.stream)

    @override
    def flush(self) -> None:
        """Write the rows so far."""
        self.whole(self._put_batches)

    def _put_batches(self) -> None:
        for stream in list(self._batches):
            self._put_batch(stream)

    def _put_batch(self, stream: str) -> None:
        """Write the rows of a stream; they stay until that has worked, since a later state counts on them."""
        url = self._store(stream, self._batches[stream].lines)
        self._writer.write_message(SDKBatchMessage(stream, self._config.encoding, [url]))
        del self._batches[stream]

    def _store(self, stream: str, lines: bytearray) -> str:
        storage, is_compressed = self._config.storage, self._config.encoding.compression == "gzip"
        self._files += 1
        name = f"{self._run.format(stream=_IN_A_NAME.sub('_', stream))}-{self._files}.json"
        name = f"{storage.prefix or ''}{name}{'.gz' if is_compressed else ''}"
        content = gzip.compress(lines, _COMPRESS_LEVEL) if is_compressed else lines
        try:
            with storage.open(name, "wb") as file:
                file.write(content)
            return storage.get_url(name)
        except Exception as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> TapError:
        reason = one_line(str(error)) or type(error).__name__
        return TapError(f"batch files cannot be written ({reason})", "see to storage in the setting batch_config")
