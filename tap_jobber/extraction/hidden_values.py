"""Counts values and rows that the app or its user may not see, and logs them once."""

from __future__ import annotations

import logging
import re
from collections import Counter
from typing import TYPE_CHECKING

from tap_jobber.extraction.answer_paths import found_at, read_path
from tap_jobber.extraction.page_parsing import HOLES
from tap_jobber.wording import are, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from tap_jobber.api.client import Answer
    from tap_jobber.extraction.answer_paths import Steps
    from tap_jobber.extraction.source import Part
    from tap_jobber.graphql.text import ListPath

logger = logging.getLogger("tap-jobber.extraction")

# Where so many rows of lists are hidden and none has been seen, all are.
_MOST_ROWS_OF_LISTS = 5


class HiddenValues:
    """Counts of a walk's values that are null because of permissions, or partly unreadable.

    Args:
        refuse_list: Told which list of the nodes cannot be seen at all.
    """

    def __init__(self, refuse_list: Callable[[ListPath], None]) -> None:
        self._refuse_list = refuse_list
        self.rows = 0
        """How many rows have been met that are hidden, those of lists among them."""
        self.lists: set[ListPath] = set()
        """The paths of the lists that have been asked for."""
        self._counts: Counter[str] = Counter()
        self._replaced = 0
        self._rows: Counter[str] = Counter()
        self._places: set[Hashable] = set()
        self._rows_of_lists: Counter[str] = Counter()
        self._seen_lists: set[str] = set()

    def add_answer(self, answer: Answer, root: str, rows_among: Callable[[Iterable[Steps]], Iterable[Steps]]) -> None:
        """Count each hidden value by its path, without the root, its list and the numbers in it; take out null rows.

        Args:
            answer: The answer; changed in place.
            root: The root field.
            rows_among: Returns those of some paths that may lead to rows of a stream.
        """
        self._replaced += answer.replaced
        for path in answer.hidden:
            of_node = re.fullmatch(rf"({root}\.nodes\.\d+|p\d+)\.([\w.]+)", path)
            *above, last = read_path(path)
            if self.lists and of_node and isinstance(last, int) and found_at(answer.data, tuple(above)) is None:
                # A row of a list, which is read around once the list is read by itself.
                continue
            for each in self.lists:
                if of_node and _is_hidden_list(answer.data, of_node[1], of_node[2], each):
                    # A list that is hidden is not an empty one: its stream has to know.
                    self._refuse_list(each)
            column = re.sub(r"^\w+\.?(nodes\.?)?|\b\d+\.?", "", path).rstrip(".")
            self._counts[column or re.sub(r"\.\d+", "", path)] += 1
        # Only when all paths have been looked at, since the rows behind one move up.
        self.rows += without_null_rows(answer.data, rows_among(map(read_path, answer.hidden)))

    def add_row(self, name: str, place: Hashable) -> None:
        """Count a hidden row; it is reported once for its place, however often it is met."""
        self.rows += 1
        if (name, place) not in self._places:
            self._places.add((name, place))
            self._rows[name] += 1

    def add_row_of_list(self, part: Part) -> None:
        """Count a hidden row of a list, and refuse the list where none but such rows have been met."""
        self.rows += 1
        self._rows[part.name] += 1
        self._rows_of_lists[part.name] += 1
        is_all = self._rows_of_lists[part.name] >= _MOST_ROWS_OF_LISTS and part.name not in self._seen_lists
        if is_all and part.path is not None:
            self._refuse_list(part.path)

    def see_list(self, name: str) -> None:
        """Note that rows of a list have been seen."""
        self._seen_lists.add(name)

    def report(self, name: str) -> None:
        """Log how much of a stream could not be seen."""
        for column, count in self._counts.items():
            values = f"{counted(count, 'value')} of {column} {are(count)}"
            logger.warning("%s: %s null because the app or its user may not see them", name, values)
        for stream, count in self._rows.items():
            rows = f"{counted(count, 'row')} {are(count)}"
            logger.warning("%s: %s missing because the app or its user may not see them", stream, rows)
        self._counts.clear()
        if self._replaced:
            logger.warning(
                "%s: %d characters or numbers of Jobber's answers could not be read: U+FFFD or null stands for each",
                name,
                self._replaced,
            )
            self._replaced = 0
        self._rows.clear()


def _is_hidden_list(data: object, node: str, hidden: str, path: ListPath) -> bool:
    """Return True if a list is null because it is hidden, or something around or in it is.

    Args:
        data: The data of the answer.
        node: The path of the node that it is a list of.
        hidden: The path below the node of what is hidden.
        path: The path from the node to the list.
    """
    # Where a value may not be null, what is around it is null instead.
    return any(
        hidden == step or (hidden.startswith(f"{step}.") and found_at(data, read_path(f"{node}.{step}")) is None)
        for step in path.steps
    )


def without_null_rows(data: object, paths: Iterable[Steps]) -> int:
    """Take null rows out of their lists, and leave their positions with the list.

    Args:
        data: The data of the answer; it is changed in place, and the positions stay with the list.
        paths: The paths of what cannot be read.

    Returns:
        Number of rows that were taken out.
    """
    taken = 0
    for path in dict.fromkeys(path[:-1] for path in paths if path):
        holder, rows = found_at(data, path[:-1]), found_at(data, path)
        if not isinstance(rows, list) or None not in rows:
            continue
        holes = [position for position, row in enumerate(rows) if row is None]
        taken += len(holes)
        rows[:] = [row for row in rows if row is not None]
        if isinstance(holder, dict) and path[-1] == "nodes":
            holder[HOLES] = holes
    return taken
