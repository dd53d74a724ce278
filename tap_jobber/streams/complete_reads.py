"""The table of complete reads, written beside the streams: what is older than the last one of its table is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_jobber.streams.writing import WrittenStream, time_of, time_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Context, Record

    from tap_jobber.streams.protocols import StreamTap

NAME = "complete_reads"
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "stream": {"type": "string", "description": "The table that has been read."},
        "readFrom": {
            "type": "string",
            "format": "date-time",
            "description": "When the read, or the round of reads, began: rows that are older no longer exist.",
        },
    },
    "required": ["stream", "readFrom"],
}


class CompleteReads(WrittenStream):
    """The table that tells, for each other one, since when all of its rows have been read.

    It says for any target, files among them, what ACTIVATE_VERSION says to some. It is no stream of the catalog, since
    what it holds comes of the run and not of Jobber.

    Args:
        tap: The tap.
    """

    def __init__(self, tap: StreamTap) -> None:
        super().__init__(tap, _SCHEMA, NAME)
        self.primary_keys = ("stream",)
        self._has_begun = False

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Yield nothing: rows come of the reads of other tables."""
        return iter(())

    def add(self, stream: str, version: int) -> None:
        """Write that every row of a table has been read.

        Args:
            stream: The table's name, as it is written.
            version: When the read began, in seconds since 1970, by this machine's clock as the times of rows are.
        """
        if not self._has_begun:
            self._has_begun = True
            self.write_schema()
        self.note_begin(version)
        self.write_row({"stream": stream, "readFrom": time_text(time_of(version))})
