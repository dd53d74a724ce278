"""A window of a resync ends early, where the lists of its nodes are longer than was thought."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from tap_jobber.extraction.overlap import Reader
from tap_jobber.extraction.portion import Portion
from tap_jobber.extraction.walk_events import Found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_jobber.extraction.child_pages import LongList


@dataclass
class _List:
    """As much of a long list as a portion looks at, and how many rows it has."""

    parent: dict[str, Any]
    rows: int
    reader: Reader = field(default_factory=Reader)


def _read(portion: Portion, nodes: Sequence[tuple[str, int | None, int]]) -> list[list[str]]:
    """Read nodes of ids, moments and rows of lists; return the ids of each group of lists that was read."""
    for key, moment, _ in nodes:
        portion.meet(key, moment)
    lists = [_List({"id": key}, rows) for key, _, rows in nodes if rows]
    groups = []
    for group in portion.groups(cast("list[LongList]", lists)):
        read = cast("list[_List]", group)
        groups.append([each.parent["id"] for each in read])
        for each in read:
            for number in range(each.rows):
                portion.take(Found("rows", {"id": f"{each.parent['id']}-{number}"}, each.parent))
    return groups


def test_a_window_ends_before_the_first_node_whose_list_is_left() -> None:
    portion = Portion(wanted=300, heaviest=300)
    nodes = [("c", 30, 300), ("a", 10, 0), ("b", 20, 300), ("d", 40, 0)]
    assert _read(portion, nodes) == [["b"]]
    assert portion.end == 30
    assert portion.rows == 302
    assert portion.heaviest_rows == 301


def test_a_window_of_shorter_lists_is_read_whole_in_few_groups() -> None:
    portion = Portion(wanted=2_030, heaviest=100)
    groups = _read(portion, [(str(number), number, 9) for number in range(30)])
    assert [len(group) for group in groups] == [20, 10]
    assert portion.end is None
    assert portion.rows == 300


def test_where_nothing_is_known_of_lists_all_are_read_at_once() -> None:
    portion = Portion(wanted=10)
    assert _read(portion, [("a", 1, 20), ("b", 2, 20)]) == [["a", "b"]]
    assert portion.end is None


def test_nodes_of_one_second_are_read_together_and_so_is_one_without_a_place() -> None:
    portion = Portion(wanted=10, heaviest=50)
    assert _read(portion, [("a", 1, 50), ("b", 1, 50), ("c", None, 50), ("d", 2, 50)]) == [["c"], ["a", "b"]]
    assert portion.end == 2
    assert portion.rows == 153


def test_a_window_of_which_the_end_has_been_found_only_ends_earlier() -> None:
    portion = Portion(wanted=50, heaviest=50)
    assert _read(portion, [("a", 1, 50), ("b", 5, 50)]) == [["a"]]
    assert portion.end == 5
    assert _read(portion, [("c", 3, 20), ("d", 9, 20), ("e", 0, 0)]) == []
    assert portion.end == 3
    assert portion.rows == 52
