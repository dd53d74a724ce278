"""Joins of successive pages, one situation each."""

from __future__ import annotations

import base64
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.errors import TapError
from tap_jobber.extraction.overlap import Node, Page, Reader, decode_offset, encode_offset


def rows(*ids: str, **fields: object) -> list[Node]:
    """Nodes with these ids, alike in the rest."""
    return [{"id": each, **fields} for each in ids]


def page(ids: str, *, more: bool = True, end: int | str | None = None, **fields: object) -> Page:
    """Return a page of nodes with ids of one letter; `end` is an offset, or a cursor as it is."""
    cursor = encode_offset(end) if isinstance(end, int) else end
    return Page(rows(*ids, **fields), more, cursor)


def test_cursors_are_written_as_jobber_writes_them() -> None:
    assert (encode_offset(5), encode_offset(1), encode_offset(0)) == ("NQ", "MQ", None)


@given(st.integers(1, 10**10))
def test_an_offset_survives_its_cursor_with_and_without_padding(offset: int) -> None:
    padded = base64.b64encode(str(offset).encode()).decode()
    assert decode_offset(encode_offset(offset)) == decode_offset(padded) == offset


@pytest.mark.parametrize("cursor", [None, "", "!!", "Zm9v", "LTU", "WyIyMDI0Il0=", "ü", "MTIzNDU2Nzg5MDEyMzQ1"])
def test_what_is_no_offset(cursor: str | None) -> None:
    assert decode_offset(cursor) is None


@given(st.text())
def test_any_text_may_be_a_cursor(cursor: str) -> None:
    offset = decode_offset(cursor)
    assert offset is None or offset >= 0


def test_the_next_page_repeats_the_last_row() -> None:
    reader = Reader()
    assert reader.accept(page("abc", end=3)) == rows("a", "b", "c")
    assert reader.after == encode_offset(2)
    assert reader.accept(page("cde", end=5)) == rows("d", "e")
    assert reader.after == encode_offset(4)
    assert not reader.is_done
    assert reader.accept(page("e", more=False, end=5)) == []
    assert reader.is_done


def test_it_steps_back_further_each_time_until_it_meets_a_known_row() -> None:
    reader = Reader()
    reader.accept(page("abcdefgh", end=8))
    asked = []
    for stranger in ("p", "n", "k"):
        assert reader.accept(page(stranger, end=99)) == []
        asked.append(decode_offset(reader.after) or 0)
    assert asked == [6, 4, 0]
    assert reader.accept(page("hijk", end=4)) == rows("i", "j", "k")


def test_at_the_start_of_the_list_any_row_will_do() -> None:
    reader = Reader()
    reader.accept(page("ab", end=2))
    assert reader.accept(page("x", end=3)) == []
    assert reader.after is None
    assert reader.accept(page("xy", more=False, end=2)) == rows("x", "y")
    assert reader.is_done


def test_a_list_that_shrank_below_the_offset_is_read_again_from_further_up() -> None:
    reader = Reader()
    reader.accept(page("abcd", end=4))
    assert reader.accept(page("", more=False)) == []
    assert reader.after == encode_offset(2)
    assert not reader.is_done
    assert reader.accept(page("de", more=False, end=4)) == rows("e")
    assert reader.is_done


def test_a_list_without_order_that_ends_too_early_is_read_again_from_its_beginning() -> None:
    reader = Reader(is_unordered=True)
    reader.accept(page("abc", end=3))
    assert reader.accept(page("c", more=False, end=3)) == [], "a is gone, and d has taken its place"
    assert (reader.after, reader.is_done) == (None, False)
    assert reader.accept(page("dbc", more=False, end=3)) == rows("d")
    assert reader.is_done


def test_a_list_that_always_ends_too_early_is_read_twice() -> None:
    reader = Reader(is_unordered=True)
    asked = 0
    while not reader.is_done:
        asked += 1
        is_first = reader.after is None
        reader.accept(page("abc", end=3) if is_first else page("c", more=False, end=3))
    assert asked == 4


@pytest.mark.parametrize("ids", ["cd", "cde"])
def test_a_list_without_order_that_is_as_long_as_was_said_is_read_once(ids: str) -> None:
    reader = Reader(is_unordered=True)
    reader.accept(page("abc", end=3))
    assert reader.accept(page(ids, more=False, end=2 + len(ids))) == rows(*ids[1:])
    assert reader.is_done


def test_a_row_in_another_place_is_no_landmark() -> None:
    reader = Reader(place_field="updatedAt")
    reader.accept(page("abc", end=3, updatedAt="09:00"))
    assert reader.accept(page("cz", end=4, updatedAt="10:00")) == []
    assert reader.after == encode_offset(1)
    assert reader.accept(page("bd", more=False, end=3, updatedAt="09:00")) == rows("d", updatedAt="09:00")


def test_a_row_that_changed_elsewhere_is_a_landmark_and_told_again() -> None:
    reader = Reader(place_field="number")
    reader.accept(page("ab", end=2, number=1, title="old"))
    assert reader.accept(page("bc", more=False, end=3, number=1, title="new")) == rows("b", "c", number=1, title="new")


def test_the_head_is_read_again_where_edited_rows_jump_there() -> None:
    reader = Reader(rereads_head=True)
    reader.accept(page("abc", end=3))
    reader.accept(page("cd", more=False, end=4))
    assert (reader.is_done, reader.after) == (False, None)
    assert reader.accept(page("zab", end=3)) == rows("z")
    while reader.after is not None:
        reader.accept(page("bc", end=4))
    assert not reader.is_done, "a row was new, so the head is read once more"
    assert reader.accept(page("zab", end=3)) == []
    assert reader.is_done


def test_a_head_of_edited_rows_hides_what_lies_behind_it() -> None:
    reader = Reader(rereads_head=True)
    reader.accept(page("abc", end=3))
    reader.accept(page("cd", more=False, end=4))
    assert reader.accept(page("ba", end=2, edited=True)) == rows("b", "a", edited=True)
    assert not reader.is_done
    assert reader.after is not None, "rows edited before these two come next"


def test_one_known_row_among_edited_ones_is_no_landmark() -> None:
    """Rows edited in one second come in any order, those that were read since before those that were not."""
    reader = Reader(rereads_head=True)
    reader.accept(page("abcdefgh", end=8))
    reader.accept(page("hijk", more=False, end=11))
    assert reader.accept(page("xayde", end=5)) == rows("x", "y")
    assert reader.after is not None, "two known rows at the end of a page of five may stand before further edited ones"
    assert reader.accept(page("efz", end=7)) == rows("z")


@pytest.mark.parametrize("ids", ["", "abc"])
def test_a_list_of_one_page_needs_no_second_look(ids: str) -> None:
    reader = Reader(rereads_head=True)
    assert reader.accept(page(ids, more=False, end=len(ids))) == rows(*ids)
    assert reader.is_done


@pytest.mark.parametrize("end", [None, "NQ"])
def test_a_cursor_that_does_not_advance_is_an_error(end: str | None) -> None:
    reader = Reader()
    reader.accept(page("abcde", end=5))
    with pytest.raises(TapError, match="cursor does not advance"):
        reader.accept(page("ef", end=end))


def test_a_missing_cursor_on_the_first_page_is_an_error() -> None:
    with pytest.raises(TapError, match="cursor does not advance"):
        Reader().accept(page("ab"))


def test_an_opaque_cursor_that_stays_is_an_error() -> None:
    reader = Reader()
    reader.accept(page("ab", end="opaque"))
    with pytest.raises(TapError, match="cursor does not advance"):
        reader.accept(page("cd", end="opaque"))


def test_opaque_cursors_that_go_in_circles_are_an_error() -> None:
    reader = Reader()
    for ids, end in ("ab", "x"), ("cd", "y"), ("ef", "z"):
        reader.accept(page(ids, end=end))
    with pytest.raises(TapError, match="cursor does not advance"):
        reader.accept(page("ab", end="x"))


def test_an_opaque_cursor_that_comes_again_with_its_row_is_none() -> None:
    reader = Reader()
    reader.accept(page("ab", end="of b"))
    reader.accept(page("cd", end="of d"))
    assert [node["id"] for node in reader.accept(page("eb", end="of b", edited=True))] == ["e", "b"]
    assert [node["id"] for node in reader.accept(page("f", more=False, end="of f"))] == ["f"]
    assert reader.is_done


def test_opaque_cursors_that_go_in_circles_end_though_rows_differ_each_time() -> None:
    reader = Reader()
    for turn in range(20):
        reader.accept(page("ab", end="xy"[turn % 2], turn=turn))
    with pytest.raises(TapError, match="cursor does not advance"):
        reader.accept(page("ab", end="x", turn=20))


def test_opaque_cursors_come_again_in_the_next_pass() -> None:
    reader = Reader(rereads_head=True)
    for ids, more, end in ("abcdef", True, "x"), ("g", False, "y"), ("abhdef", True, "x"):
        reader.accept(page(ids, more=more, end=end))
    assert reader.accept(page("cg", more=False, end="y")) == []


def test_no_cursor_is_needed_at_the_end() -> None:
    reader = Reader()
    reader.accept(page("ab", more=False))
    assert reader.is_done


def test_an_empty_page_is_not_the_end() -> None:
    reader = Reader()
    reader.accept(page("ab", end=2))
    assert reader.accept(page("", end=9)) == []
    assert reader.after == encode_offset(9)
    assert reader.accept(page("xy", more=False, end=11)) == rows("x", "y")
    assert reader.is_done


def test_opaque_cursors_need_no_shared_row() -> None:
    reader = Reader()
    reader.accept(page("ab", end="one"))
    assert reader.after == "one"
    assert reader.accept(page("cd", more=False)) == rows("c", "d")


def test_nodes_may_be_changed_by_whoever_gets_them() -> None:
    reader = Reader()
    for node in reader.accept(page("ab", end=2, title="t")):
        node.clear()
    assert reader.accept(page("bc", more=False, end=3, title="t")) == rows("c", title="t")


def test_rows_that_differ_each_time_are_read_to_an_end() -> None:
    """As where each answer has signed addresses: no row is ever as it was, be it a landmark or at the head."""
    reader, ids, ticks = Reader(rereads_head=True), [f"r{number}" for number in range(25)], itertools.count()
    brought: set[str] = set()
    pages = 0
    while not reader.is_done:
        start = decode_offset(reader.after) or 0
        end = start + 10
        nodes = [{"id": each, "url": next(ticks)} for each in ids[start:end]]
        page = Page(nodes, end < len(ids), encode_offset(start + len(nodes)))
        brought.update(node["id"] for node in reader.accept(page))
        pages += 1
        assert pages < 100
    assert brought == set(ids)
    assert reader.is_volatile
