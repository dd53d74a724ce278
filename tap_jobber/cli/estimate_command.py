"""`tap-jobber --estimate`: says what a full sync and an ordinary run cost, before either is begun."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tap_jobber.api.client import NotPermittedError, Usage
from tap_jobber.errors import Contained, StreamError
from tap_jobber.extraction.connection_reader import FIRST_LOOK_ROWS
from tap_jobber.extraction.estimate import NOTHING, Spending, WalkFacts, column_points, estimate_walk
from tap_jobber.extraction.list_survey import SurveyTerms
from tap_jobber.extraction.page_fetcher import PageFetcher
from tap_jobber.extraction.resync import LEAST_ROWS, SMALL_ROWS
from tap_jobber.extraction.sampling import sample_lists
from tap_jobber.extraction.source import Mode
from tap_jobber.extraction.survey import Survey
from tap_jobber.extraction.windows import HORIZON_SECONDS, Window
from tap_jobber.graphql.cost import answer_points
from tap_jobber.streams.custom import CustomStream
from tap_jobber.streams.look_back import lookback, lookback_seconds
from tap_jobber.streams.resynced_walk import needs_look_ahead
from tap_jobber.streams.root_stream import RootStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_jobber.extraction.estimate import WalkEstimate
    from tap_jobber.extraction.walk import Walk
    from tap_jobber.tap import TapJobber

MOST_POINTS = 480
"""Points that the questions of an estimate may cost; new tokens ask whose they are besides."""
RESYNC_DAYS = 7.0
"""The setting `resync_days` that is reckoned with where it is not set."""
_DAY_SECONDS = 86_400
_REQUESTS_OF_SHARE = 4


@dataclass(frozen=True)
class StreamEstimate:
    """The cost of one stream, as far as it can be told beforehand.

    Attributes:
        name: The stream.
        walk: The stream whose root field it is read from.
        rows: Number of its rows; None if that is not known.
        full: What a full sync spends on it.
        run: What a run a day later spends on it if nothing has changed, without `resync_days`.
        resync: The same with `resync_days`.
        reason: Why nothing is known of it.
        is_permitted: False if the app may not read it.
        columns: The points of each column that can be deselected, in a full sync.
    """

    name: str
    walk: str
    rows: float | None = None
    full: Spending = NOTHING
    run: Spending = NOTHING
    resync: Spending = NOTHING
    reason: str | None = None
    is_permitted: bool = True
    columns: dict[str, float] = field(default_factory=dict)

    def with_other(self, other: StreamEstimate) -> StreamEstimate:
        """Return this estimate with that of the same stream in another walk."""
        return replace(
            self,
            rows=None if self.rows is None or other.rows is None else self.rows + other.rows,
            full=self.full + other.full,
            run=self.run + other.run,
            resync=self.resync + other.resync,
            reason=self.reason or other.reason,
        )


@dataclass(frozen=True)
class RunEstimate:
    """The cost of a run, as far as it can be told beforehand.

    Attributes:
        streams: The selected streams, each after the one whose walk it is read in.
        resync_days: The setting that is reckoned with.
        asked: What the estimate itself has cost.
    """

    streams: tuple[StreamEstimate, ...]
    resync_days: float
    asked: Spending

    def walk_total(self, walk: str) -> Spending:
        """Return what a full sync spends on all streams of one walk."""
        return sum((each.full for each in self.streams if each.walk == walk), NOTHING)

    def total(self, kind: str) -> Spending:
        """Return what all streams cost: `full`, `run` or `resync`."""
        return sum((getattr(each, kind) for each in self.streams), NOTHING)


@dataclass
class _Surveyed:
    """One walk, and what has been found out about it."""

    stream: RootStream
    walk: Walk
    survey: Survey
    recent_rows: int | None = None
    recent_rows_of_resync: int | None = None
    ahead_rows: int = 0
    failure: StreamError | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return self.walk.names


def estimate_run(tap: TapJobber) -> RunEstimate:
    """Estimate what the selected streams cost.

    Args:
        tap: The tap.

    Raises:
        TapError: If the connection does not work.
    """
    usage = Usage()
    terms = SurveyTerms(MOST_POINTS)
    surveyed = [_begin(tap, stream, usage, terms) for stream in _walked(tap)]
    for each in surveyed:
        with Contained(lambda error, each=each: setattr(each, "failure", error)):  # type: ignore[misc]
            _count(tap, each)
    own = list(_own_queries(tap, usage, terms))
    counted = [each for each in surveyed if each.failure is None]
    points = sum((each.survey.rows or 1) * answer_points(each.survey.nodes.node) for each in counted)
    sample_lists([each.survey.of_lists for each in counted], points)
    days = float(tap.settings.resync_days or RESYNC_DAYS)
    found: dict[str, StreamEstimate] = {}
    for each in surveyed:
        for estimate in _estimates(tap, each, days):
            known = found.get(estimate.name)
            found[estimate.name] = estimate if known is None else known.with_other(estimate)
    found |= {each.name: each for each in own}
    return RunEstimate(tuple(found.values()), days, Spending(usage.points, usage.requests))


def _walked(tap: TapJobber) -> Iterator[RootStream]:
    for stream in tap.streams.values():
        if not isinstance(stream, RootStream) or isinstance(stream, CustomStream):
            continue
        if stream.selected or stream.children:
            yield stream


def _own_queries(tap: TapJobber, usage: Usage, terms: SurveyTerms) -> Iterator[StreamEstimate]:
    """Yield the estimate of each stream of a user's own query, for a part of the points that are left."""
    streams = [stream for stream in tap.selected_streams if isinstance(stream, CustomStream)]
    for index, stream in enumerate(streams):
        most_points = terms.left_points(usage) / (len(streams) - index + 1)
        try:
            estimate = stream.survey(usage, terms).estimate(most_points)
        except StreamError as error:
            yield _unknown(stream.name, stream.name, error)
            continue
        run = estimate.whole if stream.rows_of_first_look is None else estimate.of_rows(stream.rows_of_first_look)
        yield StreamEstimate(stream.name, stream.name, estimate.rows[stream.name], estimate.whole, run, run)


def _begin(tap: TapJobber, stream: RootStream, usage: Usage, terms: SurveyTerms) -> _Surveyed:
    fetcher = PageFetcher(tap.extraction, stream.source, usage)
    streams = [stream, *stream.children] if stream.selected else stream.children
    walk = stream.walk(fetcher, {each.name: each for each in streams})
    nodes, *lists = walk.parts(walk.names)
    return _Surveyed(stream, walk, Survey(fetcher, nodes, walk.bare, lists, stream.alike, terms))


def _count(tap: TapJobber, each: _Surveyed) -> None:
    stream, survey = each.stream, each.survey
    if not stream.source.is_connection:
        survey.rows = 1
        return
    survey.count(stream.start_seconds)
    now = tap.extraction.certain_seconds(survey.fetcher.usage)
    with suppress(StreamError):  # the next run is then taken for one that reads only what is new
        _count_recent(each, now)


def _count_recent(each: _Surveyed, now: int) -> None:
    """Count the rows that may well have changed lately, as far as something tells."""
    stream, survey = each.stream, each.survey
    if stream.lookback_filters:
        since = now - _DAY_SECONDS
        if stream.lookback_days is not None:
            each.recent_rows = survey.count_filtered(lookback(stream, now, since)[0])
        end = now + lookback_seconds(stream)
        each.recent_rows_of_resync = survey.count_filtered(lookback(stream, since, since, end)[0])
    elif stream.stamp is not None and stream.stamp.span_seconds is not None:
        around_now = Window(now - lookback_seconds(stream), None)
        each.recent_rows_of_resync = survey.count_within(around_now)
    if needs_look_ahead(stream.stamp) and stream.mode is Mode.WHOLE:
        each.ahead_rows = survey.count_within(Window(now, now + HORIZON_SECONDS))


def _estimates(tap: TapJobber, each: _Surveyed, days: float) -> Iterator[StreamEstimate]:
    """Yield the estimate of each stream of a walk."""
    stream, survey = each.stream, each.survey
    if each.failure is not None or survey.rows is None:
        for name in each.names:
            yield _unknown(name, stream.name, each.failure)
        return
    nodes, *lists = [part for part in survey.parts if part.name in survey.of_lists.lengths or part.path is None]
    facts = WalkFacts(survey.fetcher.source, nodes, lists, survey.rows, survey.of_lists.lengths, survey.price_ratio)
    now = tap.extraction.latest_seconds(survey.fetcher.usage)
    estimate = estimate_walk(facts, tap.extraction.rate_limiter, tap.extraction.page_size, now)
    run, resync = _idle(each, estimate), _resynced(each, estimate, days)
    by_name = {part.name: part for part in (nodes, *lists)}
    shares = dict(estimate.shares)
    if not stream.selected:
        # What reading the nodes costs falls to the lists.
        own = shares.pop(stream.name, 0.0)
        shares = {name: share / (1 - own) if own < 1 else 1 / len(shares) for name, share in shares.items()}
    for name in each.names:
        if name in survey.of_lists.unknown:
            yield _unknown(name, stream.name, survey.of_lists.unknown[name])
            continue
        share = shares.get(name, 0.0)
        rows = estimate.rows.get(name)
        part = by_name.get(name)
        kept = ("id", *stream.required) if name == stream.name else ("id",)
        columns = {} if part is None else column_points(part, kept)
        yield StreamEstimate(
            name,
            stream.name,
            rows,
            estimate.whole.times(share),
            run.times(share),
            resync.times(share),
            columns={column: points * (rows or 0) for column, points in columns.items()},
        )


def _unknown(name: str, walk: str, error: StreamError | None) -> StreamEstimate:
    reason = "its rows cannot be counted" if error is None else error.cause
    return StreamEstimate(name, walk, reason=reason, is_permitted=not isinstance(error, NotPermittedError))


def _idle(each: _Surveyed, estimate: WalkEstimate) -> Spending:
    """Return what a run spends in which nothing has changed, without a rolling resync."""
    stream, rows = each.stream, each.survey.rows or 0
    if stream.rows_of_first_look is not None:
        key_points = min(stream.rows_of_first_look, rows) * answer_points(each.walk.bare.node)
        return estimate.of_rows(0) + Spending(key_points)
    if stream.lookback_filters and stream.lookback_days is not None:
        return _looked_back(each, estimate, each.recent_rows)
    return estimate.whole


def _resynced(each: _Surveyed, estimate: WalkEstimate, days: float) -> Spending:
    """Return what a run a day after the last spends in which nothing has changed, with a rolling resync."""
    stream, rows = each.stream, each.survey.rows or 0
    if not stream.source.is_connection or not stream.can_be_resynced:
        return _idle(each, estimate)
    share = estimate.whole.times(min(1.0, 1 / days))
    if stream.stamp is not None and stream.stamp.span_seconds is None:
        # A share begins and ends within windows; one of few rows is put together with those of other days.
        share += Spending(requests=_REQUESTS_OF_SHARE * min(1.0, sum(estimate.rows.values()) / days / LEAST_ROWS))
    if stream.is_incremental and stream.stamp is not None:
        return share + _idle(each, estimate)
    is_one_piece = stream.stamp is None or stream.stamp.span_seconds is not None
    shows_news = stream.recency is not None or stream.stamp is not None
    if is_one_piece and not shows_news:
        # All of a short list each time, and of a long one when it is due.
        return estimate.whole if rows <= SMALL_ROWS else share
    if stream.recency is not None:
        news = estimate.of_rows(min(FIRST_LOOK_ROWS, rows))
    else:
        news = _looked_back(each, estimate, each.recent_rows_of_resync)
    return share + news + (_looked_ahead(each, estimate) if needs_look_ahead(stream.stamp) else NOTHING)


def _looked_back(each: _Surveyed, estimate: WalkEstimate, recent_rows: int | None) -> Spending:
    recent = (recent_rows or 0) / max(1, each.survey.rows or 0)
    others = max(0, len(each.stream.lookback_filters) - 1)
    return estimate.of_rows(0).times(1 + others) + estimate.whole.times(recent)


def _looked_ahead(each: _Surveyed, estimate: WalkEstimate) -> Spending:
    return estimate.of_rows(0) + estimate.whole.times(each.ahead_rows / max(1, each.survey.rows or 0))
