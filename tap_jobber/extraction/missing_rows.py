"""Assembles a page around rows that the server does not serve: hidden ones, and rows that break each query for them.

- The problem: where rows may not be null, one such row leaves nothing of its page.
- The common case: rows come before it. They are asked for alone, and the reader goes on behind them.
- The rare case: the row follows right after the landmark, the known row that a page has to begin with. Then the page is
  put together from two answers: first the rows behind the missing one, then the landmark in its place.
- The result: a page with a hole at the missing row. If rows before it were removed meanwhile, the landmark is another
  row, and the reader steps back as ever.

    asked for        answered                 page
    10, 4 rows       row 11 cannot be read
    12, 2 rows       r12 r13
    10, 1 row        r10                      r10 - r12 r13

Pages are put together in the same way where the server can only serve one row at a time. Cursors have to be offsets.
"""

from __future__ import annotations

import enum
from collections import Counter
from typing import TYPE_CHECKING

from tap_jobber.api.client import NotPermittedError, UnservedError
from tap_jobber.errors import StreamError
from tap_jobber.extraction.overlap import Page, decode_offset, encode_offset

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_jobber.extraction.page_size import ServedRows

# So many pages put together in vain are a list that changes faster than it can be read.
_MOST_RESTARTS = 10
# Where so many rows are hidden and none has been seen, all are.
_MOST_HIDDEN = 20
# So many rows are done without before it is the stream that cannot be read.
MOST_LOST = 5


class Missing(enum.Enum):
    """Reasons why a row cannot be read."""

    HIDDEN = "it is hidden from the app or its user"
    FAILED = "it cannot be read without a field that fails"
    UNSERVED = "Jobber does not answer a query for it"


class MissingRowError(Exception):
    """A row of a page cannot be read.

    Args:
        index: Its position in the page.
        why: The reason.
        cause: The server's message.
    """

    def __init__(self, index: int, why: Missing, cause: str = "") -> None:
        super().__init__(cause)
        self.index = index
        self.why = why
        self.cause = cause or why.value


class _Phase(enum.Enum):
    WHOLE = enum.auto()
    BODY = enum.auto()
    HEAD = enum.auto()


class PageAssembler:
    """Decides what to ask for next until a page is complete; does no I/O.

    Args:
        after: The cursor that the page begins after.
        rows: Number of rows to ask for.
        least_rows: Number of rows that the page must hold for the reader to advance, unless the list ends.
        has_seen: True if a row of such a list has ever been seen.
    """

    def __init__(self, after: str | None, rows: int, least_rows: int = 1, *, has_seen: bool = True) -> None:
        self._after = after
        self._start = 0 if after is None else decode_offset(after)
        self._least_rows = least_rows if self._start is not None else 1
        self._most_rows = max(rows, self._least_rows)
        self._has_seen = has_seen
        self._restarts = -1
        self.apart: Page | None = None
        """The page that is known without another query, where the landmark has gone from its place."""
        self._restart()

    def _restart(self) -> None:
        self._restarts += 1
        if self._restarts > _MOST_RESTARTS:
            message = "rows move faster than the pages around a missing row can be read"
            raise StreamError(message, "run again at a quieter time")
        self._phase = _Phase.WHOLE
        self._rows = self._most_rows
        self._head_rows = 0
        self._body: Page | None = None
        self.missing: dict[int, MissingRowError] = {}
        """Rows that cannot be read, by their place in the list."""

    def ask(self, served_rows: int) -> tuple[str | None, int]:
        """Return the cursor and the number of rows to ask for.

        Args:
            served_rows: The most rows that the server has been able to serve.
        """
        if self._phase is _Phase.WHOLE and served_rows < self._least_rows:
            self._head_rows = min(served_rows, self._least_rows - 1)
            self._phase = _Phase.BODY
        if self._phase is _Phase.BODY:
            return encode_offset(self._body_start), min(self._rows, served_rows)
        if self._phase is _Phase.HEAD:
            return self._after, min(self._head_rows, served_rows)
        return self._after, min(self._rows, served_rows)

    @property
    def _body_start(self) -> int:
        return (self._start or 0) + self._head_rows + len(self.missing)

    def miss(self, error: MissingRowError) -> None:
        """Take that a row of the last query cannot be read.

        Raises:
            StreamError: If there is no way around it.
        """
        index = error.index
        if self._phase is _Phase.HEAD and index > 0:
            self._restart()
        elif self._phase is _Phase.HEAD:
            self._step_back()
        elif index >= (self._least_rows if self._phase is _Phase.WHOLE else 1):
            self._rows = index
        elif self._start is None:
            cause = f"a row cannot be read ({error.cause}), and no cursor leads past it"
            raise StreamError(cause, "run again later; if it stays, deselect the stream")
        elif self._phase is _Phase.WHOLE and index == 0 and self._least_rows > 1:
            self._step_back()
        else:
            if self._phase is _Phase.WHOLE:
                self._head_rows = index
                self._rows = max(1, self._rows - index - 1)
            self._skip(error)

    def _step_back(self) -> None:
        self.missing.clear()
        self.apart = Page((), has_next_page=True, end_cursor=encode_offset((self._start or 0) + 1), holes=(0,))

    def _skip(self, error: MissingRowError) -> None:
        self._phase = _Phase.BODY
        self.missing[self._body_start] = error
        reasons = Counter(each.why for each in self.missing.values())
        if reasons[Missing.HIDDEN] > _MOST_HIDDEN and not self._has_seen:
            remedy = "give the app the scope and the Jobber user the permission to read it, then authorise again"
            raise NotPermittedError("the app or its user may not see any of its rows", remedy)
        if reasons[Missing.UNSERVED] + reasons[Missing.FAILED] > MOST_LOST:
            raise too_many_lost(error.cause)

    def take(self, page: Page) -> Page | None:
        """Take an answered page.

        Returns:
            The complete page, or None if there is more to ask for.
        """
        if self._phase is _Phase.WHOLE:
            return self._take_whole(page)
        if self._phase is _Phase.BODY:
            self._check_offsets(page)
            if page.has_next_page and not page.nodes and page.holes:
                for _ in page.holes:
                    self._skip(MissingRowError(0, Missing.HIDDEN))
                return None
            self._body = page
            if self._head_rows == 0:
                return self._joined(Page((), has_next_page=True, end_cursor=None), page)
            self._phase = _Phase.HEAD
            return None
        if self._body is None or page.size < self._head_rows:
            self._restart()
            return None
        return self._joined(page, self._body)

    def _take_whole(self, page: Page) -> Page | None:
        is_joinable = bool(page.nodes) and 0 not in page.holes
        if not page.has_next_page or page.size >= self._least_rows or not is_joinable:
            return page
        # The server answers fewer rows than the reader needs to advance.
        self._head_rows = page.size - page.holes_at_end
        self._phase = _Phase.BODY
        for _ in range(page.holes_at_end):
            self._skip(MissingRowError(0, Missing.HIDDEN))
        return None

    def _check_offsets(self, page: Page) -> None:
        end = decode_offset(page.end_cursor)
        if page.size and page.end_cursor is not None and end != self._body_start + page.size:
            cause = "a row cannot be read, and cursors that are no offsets lead past it"
            raise StreamError(cause, "run again later; if it stays, deselect the stream")

    def _joined(self, head: Page, body: Page) -> Page:
        start = self._start or 0
        holes = [*head.holes, *(place - start for place in self.missing)]
        holes += [hole + self._body_start - start for hole in body.holes]
        end_cursor = body.end_cursor or (None if body.nodes else encode_offset(self._body_start + body.size))
        return Page([*head.nodes, *body.nodes], body.has_next_page, end_cursor, tuple(sorted(holes)))


def assemble_page(around: PageAssembler, served: ServedRows, ask: Callable[[str | None, int], Page]) -> Page:
    """Return a complete page: ask until it is there, for fewer rows where the server cannot serve as many.

    Args:
        around: Decides what to ask for.
        served: Number of rows that the server can serve.
        ask: Asks for rows after a cursor; raises `MissingRowError` and `UnservedPageError`.
    """
    while around.apart is None:
        after, rows = around.ask(served.rows)
        try:
            page = ask(after, rows)
        except MissingRowError as error:
            around.miss(error)
        except UnservedPageError as error:
            if not served.failed(error.rows):
                around.miss(MissingRowError(0, Missing.UNSERVED, error.cause))
        else:
            served.succeeded(rows)
            whole = around.take(page)
            if whole is not None:
                return whole
    return around.apart


def too_many_lost(cause: str) -> StreamError:
    """Return the error of a stream of which more than a few rows cannot be read."""
    return StreamError(f"many of its rows cannot be read: {cause}", "run again later; if it stays, deselect the stream")


class UnservedPageError(UnservedError):
    """A page that Jobber fails to answer, though it answers other queries.

    Args:
        error: The error of the query.
        rows: The number of rows that were asked for.
    """

    def __init__(self, error: StreamError, rows: int) -> None:
        super().__init__(error.cause, error.remedy)
        self.rows = rows
