"""Context of one request, which resolvers get besides the object that they read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from jobber_sandbox.pagination import BadCursorError, Page
from jobber_sandbox.sorting import Arranged
from jobber_sandbox.world import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobber_sandbox.dynamic_types import Value
    from jobber_sandbox.filters import Arranger
    from jobber_sandbox.world import World


@dataclass
class PageFault:
    """Faults of the root connections of one request, each at most once."""

    null: bool = False
    empty: bool = False
    stuck: str | None = None
    """`null` for a page that claims a next one without a cursor, `same` for one that repeats the cursor asked."""


@dataclass
class Context:
    """Account and user of a request, and how its pages are cut.

    Args:
        world: The account.
        arranger: Filters and orders rows.
        page_cap: The largest page; None does not limit.
        user_number: The user whose token it is; None without one.
        disconnect: Ends the app's access to the account.
        page_fault: The faults of root connections.
    """

    world: World
    arranger: Arranger
    page_cap: int | None
    user_number: int | None = None
    disconnect: Callable[[], None] = lambda: None
    page_fault: PageFault = field(default_factory=PageFault)

    def page(
        self, row_type: str, rows: Sequence[Any] | None, arguments: Mapping[str, Any], *, root: bool = False
    ) -> Page | None:
        """Return a page of rows, or of a whole table when no rows are given; None stays None."""
        if root and self.page_fault.null:
            return None
        if rows is None:
            if not root:
                return None
            arranged = self.arranger.table(self.world, row_type, arguments)
        elif root or arguments.get("filter") or arguments.get("sort") or self.arranger.opaque_cursors:
            arranged = self.arranger.arrange(self.world, row_type, rows, arguments)
        else:
            arranged = Arranged(rows, None)
        try:
            page = Page(arranged.rows, arguments, self.page_cap, arranged.places)
        except BadCursorError as error:
            msg = f"Invalid cursor: {error}"
            raise GraphQLError(msg) from error
        if root:
            self._spoil(page, arguments)
        return page

    def filtered(self, value: Value, arguments: Mapping[str, Any]) -> Value:
        """Return the rows of a plain list that pass a filter; anything else as it is."""
        rows = value if isinstance(value, (list, tuple)) else ()
        table = next((row.table for row in rows if isinstance(row, Row)), None)
        return value if table is None else self.arranger.arrange(self.world, table.type_name, rows, arguments).rows

    def _spoil(self, page: Page, arguments: Mapping[str, Any]) -> None:
        if self.page_fault.empty:
            page.empty = True
        if self.page_fault.stuck is not None:
            page.stuck = True
            page.end_cursor = arguments.get("after") if self.page_fault.stuck == "same" else None
