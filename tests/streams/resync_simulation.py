"""Runs of the tap's own resync over an account in memory; only the reading of pages is replaced.

A page is a slice of a list, and time is a number, so that hundreds of histories of weeks pass in a few seconds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from tap_jobber.extraction.resync import MOST_SHARE_REQUESTS
from tap_jobber.extraction.source import Mode, Part
from tap_jobber.extraction.walk import Walk
from tap_jobber.extraction.walk_events import Found, Reached, TooDenseError
from tap_jobber.extraction.windows import Window
from tap_jobber.graphql.tree import Selection
from tap_jobber.streams.bookmarks import Bookmark
from tap_jobber.streams.outcome import Outcome
from tap_jobber.streams.reading_modes import read_history
from tap_jobber.streams.resynced_walk import ResyncedWalk
from tap_jobber.streams.rolling_resync import RollingResync

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from tap_jobber.extraction.overlap import Node, Reader
    from tap_jobber.extraction.page_fetcher import PageFetcher
    from tap_jobber.extraction.portion import Portion
    from tap_jobber.extraction.source import Order
    from tap_jobber.streams.protocols import ResyncOwner, WalkedStream
    from tests.streams.simulated_changes import Account, Way

_NODES, _ITEMS = "nodes", "items"
_INLINE_ROWS = 5
"""Rows of a list that come with their node."""


class SimulatedWalk(Walk):
    """A walk that reads the rows of an account instead of pages."""

    account: Account

    @override
    def read(
        self,
        names: Sequence[str],
        window: Window | None,
        reader: Reader | None = None,
        *,
        most_rows: int | None = None,
        portion: Portion | None = None,
    ) -> Iterator[Found]:
        account, reader = self.account, reader or self.new_reader()
        found = account.within(window or Window(None, None))
        if most_rows is not None and len(found) > most_rows:
            raise TooDenseError(found[most_rows][0])
        self.fetcher.usage.requests += 1 + len(found) // 100
        long: list[Any] = []
        for place, key in found:
            node = {"id": key, "place": place}
            reader.seen[key] = 0
            if portion is not None:
                portion.meet(key, place)
            yield Found(_NODES, node)
            items = account.rows[key].items
            yield from self._items(node, min(items, _INLINE_ROWS), portion)
            if items > _INLINE_ROWS:
                long.append(SimpleNamespace(parent=node, rows=items - _INLINE_ROWS, reader=_NOT_DONE))
        groups: Iterable[list[Any]] = [long] if portion is None else portion.groups(long)
        for group in groups:
            for each in group:
                yield from self._items(each.parent, each.rows, portion)

    @staticmethod
    def _items(parent: Node, count: int, portion: Portion | None) -> Iterator[Found]:
        found = Found(_ITEMS, {}, parent)
        for _ in range(count):
            if portion is not None:
                portion.take(found)
            yield found

    def _whole_rows(self, keys: Iterable[str]) -> Iterator[Found]:
        for key in keys:
            row = self.account.rows[key]
            node = {"id": key, "place": row.place}
            yield Found(_NODES, node)
            yield from self._items(node, row.items, None)

    @override
    def place(self, node: Node) -> int:
        return int(node["place"])

    @override
    def refuse_dense(self, window: Window | None, most_rows: int, reader: Reader | None = None) -> None:
        found = self.account.within(window or Window(None, None))
        if len(found) > most_rows:
            raise TooDenseError(found[most_rows][0])

    @override
    def count(self, window: Window | None) -> None:
        """Ask nothing: no progress is shown."""

    @override
    def whole(self) -> Iterator[Found]:
        return self._whole_rows(sorted(self.account.rows))

    @override
    def newest_first(self, starts: Mapping[str, int]) -> Iterator[Found | Reached]:
        yield from self._whole_rows(sorted(self.account.news))
        yield Reached(self.left(starts), self.account.now, is_end=True)

    @override
    def recent(self, filters: Sequence[str], names: Iterable[str] | None = None) -> Iterator[Found]:
        return self._whole_rows(sorted(self.account.news))

    @override
    def head(self, order: Order | None, known: Sequence[int]) -> Generator[Found, None, tuple[int, ...]]:
        yield from self._whole_rows(sorted(self.account.news) if known else ())
        return (1,)


_NOT_DONE = SimpleNamespace(is_done=False)


@dataclass
class _Stream:
    """A stream of the walk."""

    name: str
    stream_state: dict[str, Any]
    is_incremental: bool
    replication_key: str = "updatedAt"
    start_seconds: int | None = None
    version: int | None = None
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def bookmark(self) -> Bookmark:
        return Bookmark(self.name, self.stream_state)

    def begin(self, version: int | None = None) -> None:
        self.version = version if version is not None else self.version

    def begin_round(self, version: int, now: int) -> None:
        del now
        self.version = version

    def note_reads(self, oldest_seconds: int | None, *, has_missed_rows: bool) -> None:
        """Nothing: no other stream is made of this one's rows."""


class Owner:
    """The root stream, which keeps the last state that was written.

    Args:
        way: The way of the stream.
        state: The state to begin with.
        version: The version of a round that begins with this run.
    """

    name = _NODES
    lookback_days = None
    start_seconds = None
    may_miss_moved_rows = False

    def __init__(self, way: Way, state: str, version: int) -> None:
        self.mode, self.stamp, self.recency, self.lookback_filters = way
        self.round_version = version
        self.written = state
        self.state: dict[str, dict[str, Any]] = json.loads(state)

    def write_state(self) -> None:
        """Keep the state as a target would be given it."""
        self.written = json.dumps(self.state)

    def history(self, walk: Walk, streams: Mapping[str, WalkedStream]) -> Iterator[Found | Reached]:
        """Read all of history in windows."""
        return walk.whole() if self.stamp is None else read_history(walk, streams, self.write_state)


NO_STATE = json.dumps({_NODES: {}, _ITEMS: {}})


class Run:
    """One run of the tap over an account.

    Args:
        way: The way of the stream.
        account: The account.
        state: The state of the run before.
        days: The time within which every row is to be read again.
        is_busy: True if other streams have already been read again in this run.
    """

    def __init__(self, way: Way, account: Account, state: str, days: float, *, is_busy: bool = False) -> None:
        self.owner = Owner(way, state, account.now)
        self.streams = [_Stream(name, self.owner.state[name], way.mode is not Mode.WHOLE) for name in (_NODES, _ITEMS)]
        nodes, items = (Part(name, Selection("Node", ())) for name in (_NODES, _ITEMS))
        self._walk = SimulatedWalk(_fetcher(way, account), nodes, nodes, lists=(items,))
        self._walk.account = account
        self._walk.fetcher.extraction.share_requests = MOST_SHARE_REQUESTS if is_busy else 0
        resync = RollingResync(self.owner.state[_NODES], days)
        streams = cast("list[WalkedStream]", self.streams)
        self.walk = ResyncedWalk(cast("ResyncOwner", self.owner), self._walk, streams, resync)

    def rows(self) -> Iterator[str | None]:
        """Read what this run is to read, and yield the id of each row; None for one of a list."""
        for event in self.walk.events():
            if isinstance(event, Found):
                yield event.node["id"] if event.parent is None else None

    @property
    def written(self) -> str:
        """The last state that was written."""
        return self.owner.written

    @property
    def version(self) -> int | None:
        """The version that rows are written with."""
        return self.streams[0].version

    def end(self) -> bool:
        """End the run, and return True if the rows that were not read again are gone."""
        told = self.walk.end(cast("list[WalkedStream]", self.streams))
        self.owner.write_state()
        return bool(told)


def _fetcher(way: Way, account: Account) -> PageFetcher:
    """Return what a walk needs of the source that its rows come from."""
    source = SimpleNamespace(stamp=way.stamp, tells_changes=True, order=None, has_id=True, content=None, is_blind=False)
    extraction = SimpleNamespace(
        certain_seconds=lambda _: account.now, latest_seconds=lambda _: account.now, share_requests=0
    )
    rows = SimpleNamespace(rows=0)
    usage = SimpleNamespace(requests=0)
    return cast("PageFetcher", SimpleNamespace(source=source, extraction=extraction, usage=usage, row_count=rows))
