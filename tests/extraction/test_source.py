"""The arguments of a root field: its window, its order and what its filter always says."""

from __future__ import annotations

import pytest
from graphql import parse, validate
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.extraction.source import CHANGED, Order, Source, Stamp, ascending
from tap_jobber.extraction.windows import BEGINNING_SECONDS, Window
from tap_jobber.timestamps import format_timestamp, parse_timestamp
from tests.extraction.scripted import SCHEMA, pipes

NOON = parse_timestamp("2026-01-31T12:00:00Z")
ONE = parse_timestamp("2026-01-31T13:00:00Z")
SPAN_SECONDS = 46_656_000
CALENDAR = Stamp("occursWithin", None, span_seconds=SPAN_SECONDS)
BY_NAME = Order("sort: {key: NAME, direction: ASCENDING}", place="name", is_filter=True)
BY_TITLE = ascending("TITLE")
TITLE = "sort: {key: TITLE, direction: ASCENDING}"


def source(order: Order | None = None, stamp: Stamp | None = None, fixed_filter: str = "") -> Source:
    """Return a source of some order and stamp."""
    return Source(
        "pipes",
        "pipes",
        "Pipe",
        is_connection=True,
        order=order,
        stamp=stamp,
        required=("id",),
        fixed_filter=fixed_filter,
    )


@pytest.mark.parametrize(
    ("given_source", "window", "text"),
    [
        (source(), None, ""),
        (source(), Window(NOON, ONE), ""),
        (source(BY_TITLE), None, TITLE),
        (source(BY_TITLE), Window(NOON, ONE), TITLE),
        (source(Order("", place="startAt")), None, ""),
        (source(BY_NAME), None, "filter: {sort: {key: NAME, direction: ASCENDING}}"),
        (source(stamp=CHANGED), None, ""),
        (source(stamp=CHANGED), Window(None, None), ""),
        (source(BY_TITLE, CHANGED), Window(None, None), TITLE),
        (source(stamp=CHANGED), Window(NOON, None), 'filter: {updatedAt: {after: "2026-01-31T11:59:59Z"}}'),
        (source(stamp=CHANGED), Window(None, ONE), 'filter: {updatedAt: {before: "2026-01-31T13:00:01Z"}}'),
        (
            source(BY_TITLE, CHANGED, 'colour: "red"'),
            Window(NOON, ONE),
            'filter: {colour: "red", updatedAt: {after: "2026-01-31T11:59:59Z", before: "2026-01-31T13:00:01Z"}}, '
            + TITLE,
        ),
        (source(fixed_filter='colour: "red"'), None, 'filter: {colour: "red"}'),
        (
            source(BY_NAME, CHANGED),
            Window(NOON, None),
            'filter: {updatedAt: {after: "2026-01-31T11:59:59Z"}, sort: {key: NAME, direction: ASCENDING}}',
        ),
    ],
)
def test_the_arguments(given_source: Source, window: Window | None, text: str) -> None:
    assert given_source.arguments(window) == text


@pytest.mark.parametrize("window", [None, Window(None, None), Window(NOON, None), Window(None, ONE), Window(NOON, ONE)])
def test_they_are_valid(window: Window | None) -> None:
    arguments = pipes(stamp=CHANGED).source.arguments(window)
    assert validate(SCHEMA, parse(f"{{ pipes(first: 1, {arguments}) {{ nodes {{ id }} }} }}")) == []


@given(lo=st.integers(0, ONE), width=st.integers(1, 10**8))
def test_bounds_are_wider_than_the_window_by_a_second_on_each_side(lo: int, width: int) -> None:
    text = source(stamp=CHANGED).arguments(Window(lo, lo + width))
    assert format_timestamp(lo - 1) in text
    assert format_timestamp(lo + width + 1) in text


def bounds(text: str) -> tuple[int, int]:
    """Return the span that an argument asks for."""
    _before, start, _between, end, _after = text.split('"')
    return parse_timestamp(start), parse_timestamp(end)


@pytest.mark.parametrize("window", [Window(NOON, ONE), Window(None, NOON), Window(NOON, None)])
def test_a_span_covers_its_window_seams_included(window: Window) -> None:
    start, end = bounds(source(stamp=CALENDAR).arguments(window))
    lo = BEGINNING_SECONDS if window.lo is None else window.lo
    hi = lo + SPAN_SECONDS if window.hi is None else window.hi
    assert start < lo, "where bounds are exclusive, what begins on the seam would be in neither window"
    assert end > hi


def test_what_is_not_scheduled_is_asked_for_once_wherever_reading_begins() -> None:
    whole = [Window(None, NOON), Window(NOON, ONE), Window(ONE, None)]
    bounded = [Window(NOON, ONE), Window(ONE, None)]
    for windows in (whole, bounded):
        texts = [source(stamp=CALENDAR).arguments(window) for window in windows]
        assert sum("includeUnscheduled: true" in text for text in texts) == 1
