"""Finds the rows, lists and values that a partial answer lacks.

An error names a path in the answer. What is null because of it is the value at the path or, where values may not be
null, what is around it. So the same error can cost a value, the list or the row that it is in, or the whole page:

- a value: the row is without it, which is told apart from a value that is null;
- more than that: the column is left out and the page asked for again, for otherwise every row around it is lost;
- a row, or a column without which there is no row: the page is read around it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_jobber.extraction.answer_paths import found_at, read_path
from tap_jobber.extraction.missing_rows import Missing, MissingRowError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_jobber.api.client import Answer
    from tap_jobber.api.decision import FailedField
    from tap_jobber.extraction.answer_paths import Steps
    from tap_jobber.extraction.overlap import Node
    from tap_jobber.extraction.source import Part

Keys = tuple[str, ...]


@dataclass(frozen=True)
class FailedValue:
    """A value that is null because it failed.

    Attributes:
        part: The part of the query that asks for it.
        keys: The path to it in a row.
        holder: The object to take it out of.
        key: Its key there.
        row: The row.
        cause: The server's message.
    """

    part: Part
    keys: Keys
    holder: Node
    key: str
    row: Node
    cause: str


@dataclass
class Findings:
    """The rows, lists and values that an answer lacks.

    Attributes:
        values: Values that failed, in rows that are there.
        columns: Columns without which the rows around them are there, by part and keys, with the cause.
        missing: Rows that cannot be read, and whose loss leaves nothing of the page.
        null_rows: Rows that cannot be read while the others are there: the paths of the failed ones.
        deferred: Lists that leave nothing of the page when they are read in it.
        unread: Lists that are missing from rows that are there.
        explained: The positions of the rows that an error is about as a whole.
        elsewhere: An error that is about none of these.
    """

    values: list[FailedValue] = field(default_factory=list)
    columns: dict[tuple[str, Keys], tuple[Part, str]] = field(default_factory=dict)
    missing: list[MissingRowError] = field(default_factory=list)
    null_rows: list[tuple[Steps, Part, str]] = field(default_factory=list)
    deferred: dict[str, Part] = field(default_factory=dict)
    unread: list[tuple[Node, Part]] = field(default_factory=list)
    explained: set[int] = field(default_factory=set)
    elsewhere: FailedField | None = None

    @property
    def first_missing(self) -> MissingRowError | None:
        """The first row of the page that cannot be read."""
        return min(self.missing, key=lambda error: error.index, default=None)

    def raise_missing(self) -> None:
        """Raise the error of the first row that cannot be read, if there is one."""
        if self.missing:
            raise min(self.missing, key=lambda error: error.index)


@dataclass(frozen=True)
class _Error:
    """An error of any kind, located in the page.

    Attributes:
        row: The position of the row that it is about.
        below: The path below that row.
        why: The reason.
        cause: The server's message.
    """

    row: int
    below: Steps
    why: Missing
    cause: str


class Examiner:
    """Examines one page of rows.

    Args:
        data: The data of the answer.
        prefix: The path of the rows.
        nodes: The part that each row is.
        lists: The lists that are read with each row.
        required: The fields without which a row is of no use.
    """

    def __init__(
        self, data: object, prefix: Steps, nodes: Part, lists: Sequence[Part] = (), required: Sequence[str] = ()
    ) -> None:
        self._data = data
        self._prefix = prefix
        self._nodes = nodes
        self._lists = lists
        self._required = required
        self._found = Findings()

    def findings(self, answer: Answer, failed: Sequence[FailedField]) -> Findings:
        """Return what is missing because rows are hidden or fields failed."""
        for path in answer.hidden:
            error = self._located(read_path(path), Missing.HIDDEN, "")
            # Hidden values are null, as they are to whoever may not see them.
            if error is not None and (not error.below or isinstance(error.below[-1], int)):
                self._take(error)
        for each in failed:
            error = self._located(each.path, Missing.FAILED, each.message)
            if error is None:
                self._found.elsewhere = each
            else:
                self._take(error)
        return self._found

    def _located(self, path: Steps, why: Missing, cause: str) -> _Error | None:
        size = len(self._prefix)
        if path[: size - 1] == self._prefix[:-1] and isinstance(next(iter(path[size - 1 :]), None), int):
            # A list without pages.
            path = (*self._prefix, *path[size - 1 :])
        at = path[size] if path[:size] == self._prefix and len(path) > size else None
        return _Error(at, path[size + 1 :], why, cause) if isinstance(at, int) else None

    def _take(self, error: _Error) -> None:
        row = found_at(self._data, (*self._prefix, error.row))
        if row is None:
            self._found.explained.add(error.row)
        if not error.below:
            self._miss(error, self._prefix, self._nodes)
            return
        for part in self._lists:
            steps = list_steps(part)
            if error.below[: len(steps)] == steps:
                self._take_of_list(error, row, part, error.below[len(steps) :])
                return
        if error.why is Missing.FAILED:
            self._take_value(error, row, self._nodes, error.below, self._required)
        elif not isinstance(row, dict):
            # A row of a list that cannot be read by itself: the row comes without the list.
            keys = tuple(step for step in error.below[:1] if isinstance(step, str))
            self._found.columns[self._nodes.name, keys] = (self._nodes, Missing.HIDDEN.value)

    def _miss(self, error: _Error, prefix: Steps, part: Part) -> None:
        if found_at(self._data, prefix) is None:
            self._found.missing.append(MissingRowError(error.row, error.why, error.cause))
        elif error.why is Missing.FAILED:
            self._found.null_rows.append(((*prefix, error.row), part, error.cause))

    def _take_value(self, error: _Error, row: Any, part: Part, below: Steps, required: Sequence[str]) -> None:  # noqa: ANN401 - JSON
        keys = tuple(step for step in below if isinstance(step, str))
        if isinstance(row, dict) and keys[:1] and keys[0] not in required:
            holder, key = _nearest_null(row, below)
            if holder is not None:
                self._found.values.append(FailedValue(part, keys, holder, key, row, error.cause))
        elif isinstance(row, dict):
            # It is of no use without, so it is as if it were not there.
            self._found.missing.append(MissingRowError(error.row, error.why, error.cause))
        elif not keys or keys[0] in required:
            self._miss(error, self._prefix, part)
        else:
            self._found.columns[part.name, keys] = (part, error.cause)

    def _take_of_list(self, error: _Error, row: object, part: Part, rest: Steps) -> None:
        """Take an error in a list of a row: `rest` is the path below the list."""
        steps = list_steps(part)
        rest = ("nodes", *rest) if isinstance(next(iter(rest), None), int) else rest
        keys = tuple(step for step in rest[2:] if isinstance(step, str))
        is_of_column = bool(keys) and keys[0] not in part.required
        if not isinstance(row, dict):
            if is_of_column:
                self._found.columns[part.name, keys] = (part, error.cause)
            else:
                self._found.deferred[part.name] = part
            return
        child = found_at(row, (*steps, *rest[:2])) if len(rest) > 1 else None
        if found_at(row, steps) is None or (rest and not is_of_column and isinstance(child, dict)):
            self._found.unread.append((row, part))
        elif not is_of_column and error.why is Missing.FAILED:
            self._found.null_rows.append(((*self._prefix, error.row, *steps, *rest[:2]), part, error.cause))
        elif is_of_column and isinstance(child, dict):
            holder, key = _nearest_null(child, rest[2:])
            if holder is not None:
                self._found.values.append(FailedValue(part, keys, holder, key, child, error.cause))
        elif is_of_column:
            self._found.columns[part.name, keys] = (part, error.cause)


def list_steps(part: Part) -> tuple[str, ...]:
    """Return the path from a node to a list of it."""
    return tuple(part.path.steps[-1].split(".")) if part.path is not None else ()


def _nearest_null(row: Node, below: Steps) -> tuple[Node | None, str]:
    """Return the object that holds the null which an error has led to, and its key; None if there is no null."""
    holder: Node | None = None
    key = ""
    at: Any = row
    for step in below:
        if isinstance(at, dict) and step in at:
            holder, key = at, str(step)
            at = at[step]
        elif isinstance(at, list) and isinstance(step, int) and step < len(at):
            at = at[step]
        if at is None:
            return holder, key
    return None, ""
