"""Decides, page by page, how a connection is read so that no row is lost while the account changes.

The problem: Jobber's cursors are offsets in disguise (base64 of a number). When a row that was read is deleted, those
behind it move up, and a plain cursor loop skips as many.

- The common case: a page is asked for from one row before the end of the last one, so it begins with a row already
  seen, the landmark. If the landmark is in its place, nothing has moved:

      page 1   r1 r2 r3 r4     4 rows, next cursor 3
      page 2   r4 r5 r6 r7     begins with r4: nothing was lost

- A row was deleted: the page begins with another row, so the reader steps back, 1, 2, 4 ... rows, until it meets a row
  that it knows. Rows that come again are not handed on twice:

      r2 is deleted; page 2 after cursor 3   r5 r6 r7     r4 has moved up: step back
      page 2 after cursor 2                  r4 r5 r6 r7  begins with r4: go on

- An edit moves a row, where the order is by time of change. Such a row is no landmark, so the value that rows are
  sorted by, their place, is remembered with them.
- The only order is by recency: an edited row jumps to the head, behind the reader. So after the last page the head is
  read again, until several rows are as they were before the pass, for all that was touched since stands before them.
  Such passes are repeated until one brings nothing new.
- So little is asked for of a row that an edit does not show. Then no row can be said to be as it was, and the whole
  list is read again until a pass brings no new row: a row that jumped stands at the head when the next pass begins.
- Nothing is known of the order, as of most child lists. Then the landmark may be in its place although others have
  moved, as when r1 is deleted and r4 takes its place. A list that ends before the row that was said to follow has lost
  rows, and is read again from its beginning, until such a pass brings nothing new or the list is as long as it was said
  to be. Rows that change places in a list that stays as long are not noticed.
- Cursors that are not offsets do not shift, and are followed as they are.

The result: every row that existed during the whole read is handed on, once and again if it changed.
"""

from __future__ import annotations

import base64
import binascii
import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec.json

from tap_jobber.errors import StreamError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping, Sequence

Node = dict[str, Any]

# So many empty pages in a row, each of which promises more, are a server that goes in circles; so is one that comes
# back to the same cursor so often.
_MOST_EMPTY_PAGES = 100
_MOST_RETURNS = 10
# A list that has been read through so often for nothing has rows that differ each time, such as signed addresses.
_MOST_VAIN_PASSES = 8
# So many rows in a row that are as they were before the pass, or a page of them, end it. One is not enough: rows that
# were edited in one second may come in any order, so one read since its edit can stand before one that was not.
_LANDMARK_ROWS = 5
# A page that ends with so many rows that cannot be read is taken for an empty one.
_MOST_HOLES = 50


@dataclass(frozen=True)
class Page:
    """One page of a connection, as answered.

    Attributes:
        nodes: Its nodes; each has an `id`.
        has_next_page: True if the server says that more follow.
        end_cursor: The cursor of its last node; may be null on an empty page.
        holes: Positions in it of rows that cannot be read.
    """

    nodes: Sequence[Node]
    has_next_page: bool
    end_cursor: str | None
    holes: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Number of rows of the list that it covers."""
        return len(self.nodes) + len(self.holes)

    @property
    def positions(self) -> Iterator[int]:
        """The position of each node in it."""
        return (position for position in range(self.size) if position not in self.holes)

    @property
    def holes_at_end(self) -> int:
        """Number of its last rows that cannot be read."""
        return next(
            (count for count in range(len(self.holes)) if self.size - 1 - count not in self.holes), len(self.holes)
        )


VOLATILE = "%s: rows differ each time they are read; from now on only their keys tell them apart"
"""Log line for a stream whose rows turn out to be volatile."""


class _Phase(enum.Enum):
    FORWARD = enum.auto()
    HEAD = enum.auto()
    DONE = enum.auto()


def encode_offset(offset: int) -> str | None:
    """Return the cursor after so many rows, as Jobber writes it: base64 without padding; None for the start."""
    return base64.b64encode(str(offset).encode()).decode().rstrip("=") if offset > 0 else None


def decode_offset(cursor: str | None) -> int | None:
    """Return the number of rows that a cursor stands after, or None if it is no offset."""
    if not cursor:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return int(text) if text.isdigit() and len(text) < 12 else None  # noqa: PLR2004 - far above any count


@dataclass
class Reader:
    """The state of one read of one connection; decides, and does no I/O.

    Args:
        rereads_head: True if an edited row may jump to the head, behind the reader.
        place_field: The field that the rows are sorted by, where an edit can change it.
        content_field: The field that changes whenever the rest does; None where none is known to.
        is_unordered: True if nothing is known of the order, so that rows may have moved in a list that has lost some.
        is_known_by_content: True if another row may have the same id, as where the place of a row is its id.
        is_blind: True if an edited row can move unnoticed because no selected field changes; where `rereads_head`.
        handed_on: Digests by id of rows that an earlier read has handed on, which need not come again.
        seen: The mapping to keep digests of rows in, by id.
    """

    rereads_head: bool = False
    place_field: str | None = None
    content_field: str | None = None
    is_unordered: bool = False
    is_known_by_content: bool = False
    is_blind: bool = False
    handed_on: Mapping[str, int] = field(default_factory=dict, repr=False)
    seen: MutableMapping[str, int] = field(default_factory=dict, repr=False)
    is_volatile: bool = field(default=False, init=False)
    """True if rows turned out to differ each time they are read, so that only their ids tell them apart."""
    _phase: _Phase = field(default=_Phase.FORWARD, init=False)
    _after: str | None = field(default=None, init=False)
    _start: int = field(default=0, init=False)
    _least_rows: int = field(default=1, init=False)
    _taken: int = field(default=0, init=False)
    _step: int = field(default=1, init=False)
    _must_join: bool = field(default=False, init=False)
    _empty_pages: int = field(default=0, init=False)
    _cursors: Counter[str] = field(default_factory=Counter, init=False, repr=False)
    _has_offsets: bool | None = field(default=None, init=False)
    _is_first: bool = field(default=True, init=False)
    _in_pass: set[str] = field(default_factory=set, init=False, repr=False)
    _pass: int = field(default=0, init=False)
    _vain_passes: int = field(default=0, init=False)
    _fresh_in_pass: set[str] = field(default_factory=set, init=False, repr=False)
    _old_in_a_row: int = field(default=0, init=False)
    _least_length: int = field(default=0, init=False)
    _is_idle_pass: bool = field(default=False, init=False)
    _places: dict[str, int] = field(default_factory=dict, init=False, repr=False)

    @property
    def is_done(self) -> bool:
        """True if everything has been read."""
        return self._phase is _Phase.DONE

    @property
    def is_rereading(self) -> bool:
        """True if the next page is of the head once more, where mostly little has changed."""
        return self._phase is _Phase.HEAD

    @property
    def after(self) -> str | None:
        """The cursor to ask for the next page with."""
        return self._after

    @property
    def least_rows(self) -> int:
        """Number of rows that the next page must hold to lead on."""
        return self._least_rows

    @property
    def place(self) -> int:
        """Number of rows before the next page: by its cursor or, where that does not tell, by count."""
        return self._start if self._has_offsets else self._taken

    @property
    def has_offsets(self) -> bool:
        """True if the cursors seen so far are offsets."""
        return bool(self._has_offsets)

    @property
    def digests(self) -> Mapping[str, int]:
        """Digests of the rows read so far, by id."""
        return self.seen

    def stop(self) -> None:
        """End the read before the end of the list."""
        self._restart(_Phase.DONE)

    def accept(self, page: Page) -> list[Node]:
        """Take the page that was asked for.

        Returns:
            Its nodes that are new or have changed in this read.

        Raises:
            StreamError: If the server says that more follows but its cursor does not advance.
        """
        if self._step_back_if_apart(page):
            return []
        if self._has_offsets is None and page.nodes:
            self._has_offsets = decode_offset(page.end_cursor) == page.size
        self._taken += page.size
        is_whole = self._is_first and not page.has_next_page
        fresh = self._remember(page.nodes)
        self._is_idle_pass = self._is_idle_pass and not fresh
        has_lost_rows = self._has_lost_rows(page)
        self._advance(page, has_news=bool(fresh))
        if self._phase is _Phase.HEAD:
            self._after_head_page(page, fresh)
        elif has_lost_rows and not self._is_idle_pass:
            self._restart(_Phase.FORWARD)
            self._is_idle_pass = True
        elif not page.has_next_page:
            # A list that fits one page was read at one moment: nothing can have moved.
            is_quiet = is_whole or not self.rereads_head
            self._restart(_Phase.DONE if is_quiet else _Phase.HEAD)
        return fresh

    def _step_back_if_apart(self, page: Page) -> bool:
        """Step back, further each time, if the page does not begin with a known row in its known place."""
        is_beyond_end = not page.nodes and not page.has_next_page
        is_apart = is_beyond_end or 0 in page.holes or (bool(page.nodes) and not self._is_known(page.nodes[0]))
        if not self._must_join or self._start == 0 or not is_apart:
            self._step = 1
            return False
        self._start = max(0, self._start - self._step)
        self._step *= 2
        self._vain_passes += self._start == 0
        self._must_join = self._start > 0
        self._after, self._least_rows = encode_offset(self._start), 1 + self._must_join
        return True

    def _is_known(self, node: Node) -> bool:
        if node["id"] not in self.seen:
            return False
        if self.rereads_head:
            # A row that was touched has moved, and before one from an earlier pass there may be unread rows.
            is_of_pass = self.is_blind or node["id"] in self._in_pass
            return is_of_pass and self.seen[node["id"]] == self._content(node)
        if self.is_known_by_content:
            return self.seen[node["id"]] == self._content(node)
        return self.place_field is None or self._places[node["id"]] == _digest(node.get(self.place_field))

    def _content(self, node: Node) -> int:
        if self.is_blind:
            # All that can be told of a row is when it was last seen.
            return self._pass
        return _digest(node if self.content_field is None else node.get(self.content_field))

    def _remember(self, nodes: Sequence[Node]) -> list[Node]:
        """Remember nodes as read, and return those that are new or have changed."""
        fresh = []
        if self.rereads_head and self._start == 0:
            self._in_pass.clear()
            self._pass += 1
            if self._vain_passes > _MOST_VAIN_PASSES:
                # What differs each time tells nothing, so from now on whole passes do, by ids alone.
                self.is_volatile = self.is_blind = True
        if self.rereads_head and not self.is_blind:
            self._in_pass.update(node["id"] for node in nodes)
        for node in nodes:
            content = self._content(node)
            if self.place_field is not None:
                self._places[node["id"]] = _digest(node.get(self.place_field))
            before = self.seen.get(node["id"], self.handed_on.get(node["id"]))
            self.seen[node["id"]] = content
            if before is None or (before != content and not self.is_blind):
                fresh.append(node)
        return fresh

    def _has_lost_rows(self, page: Page) -> bool:
        """Note how long the list is at least; return True if it ends before that with this page."""
        if not self.is_unordered or not self._has_offsets:
            return False
        end = self._start + page.size
        if page.has_next_page:
            self._least_length = max(self._least_length, end + 1)
        return not page.has_next_page and end < self._least_length

    def _advance(self, page: Page, *, has_news: bool) -> None:
        """Start the next page one row before the end of this one."""
        end = decode_offset(page.end_cursor)
        self._is_first = False
        if not page.has_next_page:
            return
        if page.end_cursor is None or page.end_cursor == self._after:
            raise _stuck()
        self._empty_pages = 0 if page.nodes else self._empty_pages + 1
        if self._empty_pages > _MOST_EMPTY_PAGES:
            raise _stuck()
        self._least_rows = 1
        if not page.nodes or not self._has_offsets or page.holes_at_end >= _MOST_HOLES:
            # Nothing can be shared with an empty page: what follows it is taken as it comes.
            self._must_join = self._must_join and end == self._start
            self._start = self._start if end is None else end
            self._after = page.end_cursor
            if not self._has_offsets:
                # Nothing in such a cursor tells that it leads back to where the read has been. One that stands for a
                # row comes again where that row has been edited and moved, but not again and again.
                self._cursors[page.end_cursor] += 1
                if self._cursors[page.end_cursor] > (_MOST_RETURNS if has_news else 1):
                    raise _stuck()
            return
        # A page of one row that need not be known is begun with again, at a larger size.
        if end is None or end <= self._start + self._must_join:
            raise _stuck()
        self._must_join = True
        # The landmark is the last row that was had, and must not be all there is of the next page.
        self._start = end - 1 - page.holes_at_end
        self._least_rows = 2 + page.holes_at_end
        self._after = encode_offset(self._start)

    def _after_head_page(self, page: Page, fresh: Sequence[Node]) -> None:
        self._fresh_in_pass.update(node["id"] for node in fresh)
        for node in page.nodes:
            self._old_in_a_row = 0 if node["id"] in self._fresh_in_pass else self._old_in_a_row + 1
        has_met_old = not self.is_blind and self._old_in_a_row >= min(_LANDMARK_ROWS, len(page.nodes))
        if has_met_old or not page.has_next_page:
            self._vain_passes += not has_met_old
            self._restart(_Phase.HEAD if self._fresh_in_pass else _Phase.DONE)

    def _restart(self, phase: _Phase) -> None:
        self._phase = phase
        self._after, self._start, self._taken, self._step, self._must_join = None, 0, 0, 1, False
        self._least_rows, self._least_length = 1, 0
        self._cursors.clear()
        self._fresh_in_pass.clear()
        self._old_in_a_row = 0


def _digest(value: object) -> int:
    return hash(msgspec.json.encode(value))


def _stuck() -> StreamError:
    return StreamError(
        "Jobber says that more rows follow but its cursor does not advance",
        "run again; if it stays, report it to Jobber's API support",
    )
