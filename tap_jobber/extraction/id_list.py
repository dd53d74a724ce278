"""Reads all ids of a root field before the first is handed on, and keeps them on the disk meanwhile.

Only a complete list tells which rows are gone, so a read that fails midway must not have handed on anything.
"""

from __future__ import annotations

import sqlite3
from collections.abc import MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_jobber.api.client import NotPermittedError
from tap_jobber.errors import StreamError
from tap_jobber.extraction.overlap import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_jobber.extraction.page_fetcher import PageFetcher
    from tap_jobber.extraction.source import Order, Part

_CACHE_KIBIBYTES = 16_384


class Spool(MutableMapping[str, int]):
    """Ids with a number each, in a file that has no name and goes with the process."""

    def __init__(self) -> None:
        # An empty name makes a temporary database, which goes to the disk when it outgrows its cache.
        self._database = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIBIBYTES}"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE ids (id TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID")

    def close(self) -> None:
        """Give the disk back."""
        self._database.close()

    @override
    def __getitem__(self, key: str) -> int:
        found = self._database.execute("SELECT number FROM ids WHERE id = ?", (key,)).fetchone()
        if found is None:
            raise KeyError(key)
        number: int = found[0]
        return number

    @override
    def __setitem__(self, key: str, number: int) -> None:
        self._database.execute("INSERT OR REPLACE INTO ids VALUES (?, ?)", (key, number))

    @override
    def __delitem__(self, key: str) -> None:
        if not self._database.execute("DELETE FROM ids WHERE id = ?", (key,)).rowcount:
            raise KeyError(key)

    @override
    def __iter__(self) -> Iterator[str]:
        for (key,) in self._database.execute("SELECT id FROM ids ORDER BY id"):
            yield key

    @override
    def __len__(self) -> int:
        count: int = self._database.execute("SELECT count(*) FROM ids").fetchone()[0]
        return count

    @override
    def clear(self) -> None:
        """Forget all ids."""
        self._database.execute("DELETE FROM ids")


@contextmanager
def spool() -> Iterator[Spool]:
    """Open a spool, and raise a failure of the disk as an error of the stream."""
    try:
        made = Spool()
        try:
            yield made
        finally:
            made.close()
    except sqlite3.Error as error:
        raise StreamError(
            f"the ids that were read could not be kept until all were there: {error}",
            "make room in the folder for temporary files, or set TMPDIR to one that has some",
        ) from error


def read_ids(fetcher: PageFetcher, part: Part, ids: Spool, *, is_trial: bool = False) -> None:
    """Read all ids of a root field.

    Args:
        fetcher: Asks for its pages.
        part: The part to ask for: the id and, where an edit can move a row, its place.
        ids: The spool to put them in.
        is_trial: True if the first page will do.
    """
    fetcher.row_count.begin()
    while not _read(fetcher, part, ids, is_trial=is_trial):
        ids.clear()


def _read(fetcher: PageFetcher, part: Part, ids: Spool, *, is_trial: bool) -> bool:
    """Read all ids; return False if the source has changed, so that reading has to begin anew."""
    reader = reader_for(fetcher.source.order, ids)
    while not reader.is_done:
        page = fetcher.page([part], None, reader.after, least_rows=reader.least_rows)
        if page is None:
            return False
        if fetcher.hidden.rows:
            raise NotPermittedError(
                f"the app or its user may not see all of {fetcher.source.root}, so that no list of ids is complete",
                "give the app the scope and the Jobber user the permission to read it, then authorise again",
            )
        if fetcher.losses.rows:
            raise StreamError(
                f"some of {fetcher.source.root} cannot be read, so that no list of ids is complete",
                "run again later; if it stays, report it to Jobber's API support",
            )
        try:
            reader.accept(page)
        except StreamError as error:
            raise StreamError(f"{fetcher.source.name}: {error.cause}", error.remedy) from error
        count = fetcher.row_count
        count.rows = len(ids)
        if count.is_long and not reader.is_done:
            count.ask(fetcher.extraction, fetcher.source, None, fetcher.usage)
        if is_trial:
            reader.stop()
    return True


def reader_for(order: Order | None, ids: MutableMapping[str, int]) -> Reader:
    """Return the reader of a list whose rows show nothing but their id and place."""
    if order is None:
        return Reader(rereads_head=True, is_blind=True, seen=ids)
    return Reader(content_field=order.place or "id", is_known_by_content=order.place is not None, seen=ids)
