"""Reading a source to its end: pages, sizes, and what is told of what is hidden."""

from __future__ import annotations

import logging
import re
from dataclasses import replace

import pytest

from tap_jobber.api.client import Answer, NotPermittedError
from tap_jobber.api.stated_cost import Cost
from tap_jobber.errors import StreamError, TapError
from tap_jobber.extraction.overlap import encode_offset
from tap_jobber.extraction.page_size import UNKNOWN_MARGIN
from tap_jobber.extraction.single import read_single
from tap_jobber.graphql.text import Form
from tests.extraction.scripted import JOINTS, PAGE_POINTS, PIPE_POINTS, answer, ids, pipes, reading, shed, too_expensive


def test_pages_are_read_to_the_end() -> None:
    reader, client = reading([answer("abc", end=encode_offset(3)), answer("cd")])
    assert ids(list(reader.nodes(pipes()))) == "abcd"
    assert [query.variables["after"] for query in client.asked] == [None, encode_offset(2)]
    assert client.asked[0].name == "pipes"
    assert "pipes(first: $first, after: $after, sort: {key: TITLE, direction: ASCENDING})" in client.asked[0].text


def test_without_an_order_the_head_is_read_again() -> None:
    script = [answer("abc", end=encode_offset(3)), answer("cd"), answer("abc", end=encode_offset(3))]
    reader, client = reading(script)
    assert ids(list(reader.nodes(pipes(order=None)))) == "abcd"
    assert client.script == []
    assert "sort" not in client.asked[0].text


def test_each_page_is_handed_on_before_the_next_is_asked_for() -> None:
    reader, client = reading([answer("ab", end=encode_offset(2)), answer("bc")])
    nodes = reader.nodes(pipes())
    next(nodes)
    assert len(client.asked) == 1


def test_the_price_the_server_states_sizes_the_next_page() -> None:
    reader, client = reading(
        [answer("ab", end=encode_offset(2), cost=Cost(2_105, 2_105, 10_000, 900, 500)), answer("bc")],
        page_size=30,
    )
    list(reader.nodes(pipes()))
    assert client.sizes == [30, 30]
    assert client.asked[0].points == UNKNOWN_MARGIN * (PAGE_POINTS + 30 * PIPE_POINTS), "it may cost more than computed"
    assert client.asked[1].points == pytest.approx(2_105)


def test_a_page_that_can_never_fit_is_asked_for_smaller() -> None:
    reader, client = reading([too_expensive(40_004), too_expensive(12_000), answer("ab")])
    assert ids(list(reader.nodes(pipes()))) == "ab"
    sizes = [int(str(size)) for size in client.sizes]
    assert sizes[0] == 100
    assert 2 <= sizes[2] < sizes[1] < 25


def test_a_page_too_expensive_for_an_unstated_reason_is_halved() -> None:
    reader, client = reading([too_expensive(), too_expensive(), answer("ab")])
    list(reader.nodes(pipes()))
    assert client.sizes == [100, 50, 25]


def test_the_smallest_page_too_expensive_is_an_error_that_says_so() -> None:
    reader, client = reading([too_expensive(1_000_000)] * 10)
    with pytest.raises(TapError, match=r"pipes: even the smallest page is too expensive: .*deselect columns"):
        list(reader.nodes(pipes()))
    assert client.sizes[-1] == 2


def test_where_the_smallest_page_is_too_expensive_fewer_children_are_asked_for() -> None:
    reader, client = reading([too_expensive()] * 8 + [answer("ab")], page_size=50)
    assert ids(list(reader.nodes(pipes(None, JOINTS)))) == "ab"
    asked = [re.findall(r"joints\(first: (\d+)", query.text)[0] for query in client.asked]
    assert client.sizes[:7] == [50, 25, 12, 6, 3, 2, 50]
    assert asked == ["5"] * 6 + ["3"] * 3
    assert client.asked[6].points < client.asked[0].points


def test_null_is_not_taken_for_no_rows() -> None:
    reader, _client = reading([Answer({"pipes": None})])
    with pytest.raises(NotPermittedError, match="answered null for pipes"):
        list(reader.nodes(pipes()))


@pytest.mark.parametrize("form", Form)
def test_an_answer_to_another_query_is_not_taken_for_a_refusal(form: Form) -> None:
    read = pipes()
    reader, _client = reading([Answer({"joints": {"nodes": []}})])
    with pytest.raises(StreamError, match="answer lacks pipes") as info:
        list(reader.nodes(replace(read, source=replace(read.source, form=form))))
    assert not isinstance(info.value, NotPermittedError)


@pytest.mark.parametrize("may_be_absent", [False, True])
def test_an_answer_to_another_query_is_not_taken_for_no_object(*, may_be_absent: bool) -> None:
    reader, _client = reading([Answer({"joints": None})])
    with pytest.raises(StreamError, match="answer lacks shed"):
        read_single(reader.fetcher(shed()), shed().part, may_be_absent=may_be_absent)


def test_an_empty_list_is_no_rows() -> None:
    reader, client = reading([answer("")])
    assert list(reader.nodes(pipes())) == []
    assert len(client.asked) == 1


def test_one_object() -> None:
    reader, client = reading([Answer({"shed": {"id": "s", "name": "n"}})])
    assert list(reader.nodes(shed())) == [{"id": "s", "name": "n"}]
    assert client.asked[0].points == 3 * UNKNOWN_MARGIN
    assert client.asked[0].variables == {}
    assert client.asked[0].text == "query shed { shed { id name } }"


def test_a_null_object_is_not_taken_for_no_row() -> None:
    reader, _client = reading([Answer({"shed": None})])
    with pytest.raises(NotPermittedError, match="answered null for shed"):
        list(reader.nodes(shed()))


@pytest.mark.parametrize(("limit", "size"), [(1, 2), (4, 5), (99, 100), (500, 100), (None, 100)])
def test_wanting_few_rows_keeps_the_page_small(limit: int | None, size: int) -> None:
    reader, client = reading([answer("ab")])
    list(reader.nodes(pipes(), limit))
    assert client.sizes == [size]


@pytest.mark.parametrize(("page_size", "size"), [(1, 2), (25, 25), (100, 100)])
def test_the_page_size_is_an_upper_bound(page_size: int, size: int) -> None:
    reader, client = reading([answer("ab")], page_size=page_size)
    list(reader.nodes(pipes()))
    assert client.sizes == [size]


def test_hidden_values_are_counted_and_named_once(caplog: pytest.LogCaptureFixture) -> None:
    hidden = ("pipes.nodes.0.shed", "pipes.nodes.1.shed", "pipes.nodes.0.owner.born")
    reader, _client = reading(
        [answer("abc", end=encode_offset(3), hidden=hidden), answer("cd", hidden=("pipes.nodes.1.shed",))]
    )
    with caplog.at_level(logging.WARNING):
        list(reader.nodes(pipes()))
    assert sorted(caplog.messages) == [
        "pipes: 1 value of owner.born is null because the app or its user may not see them",
        "pipes: 3 values of shed are null because the app or its user may not see them",
    ]


def test_rows_that_are_hidden_are_counted_and_the_others_come(caplog: pytest.LogCaptureFixture) -> None:
    page = answer("abc", hidden=("pipes.nodes.0", "pipes.nodes.2"))
    page.data["pipes"]["nodes"][::2] = [None, None]
    reader, _client = reading([page])
    with caplog.at_level(logging.WARNING):
        assert ids(list(reader.nodes(pipes()))) == "b"
    assert caplog.messages == ["pipes: 2 values of pipes.nodes are null because the app or its user may not see them"]


def test_hidden_values_are_named_even_if_reading_ends_early(caplog: pytest.LogCaptureFixture) -> None:
    reader, _client = reading([answer("ab", end=encode_offset(2), hidden=("pipes.nodes.0.shed",)), TapError("a", "b")])
    with caplog.at_level(logging.WARNING), pytest.raises(TapError):
        list(reader.nodes(pipes()))
    assert "shed" in caplog.text


@pytest.mark.parametrize("maximum", [300.0, 1_000.0])
def test_of_a_small_bucket_no_more_is_asked_than_it_holds(maximum: float) -> None:
    reader, client = reading([answer("ab")])
    reader.extraction.rate_limiter.answered(0.0, Cost(2, 2, maximum, maximum, 50), free_points=0.0, now=0.0)
    assert ids(list(reader.nodes(pipes(None, JOINTS)))) == "ab"
    assert client.asked[0].points <= maximum
