"""Ends a run: logs rows and cost of each stream, and raises the error that names incomplete streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_jobber.errors import PartialRunError, RenewalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_jobber.streams.jobber_stream import JobberStream
    from tap_jobber.tap import TapJobber

_COLUMNS = ("stream", "rows", "requests", "points", "points/row", "waited s")


def finish(tap: TapJobber) -> None:
    """Log the rows and the cost of each stream, and fail if something is missing.

    Args:
        tap: The tap, after the sync.

    Raises:
        PartialRunError: If some streams are incomplete.
        RenewalError: If not one of the streams may be read.
    """
    streams = tap.selected_streams
    for row in summary_lines(streams):
        tap.logger.info("%s", row)
    lines = {stream.name: line for stream in streams if (line := stream.outcome.line(stream.name)) is not None}
    if lines:
        raise PartialRunError(lines)
    refusals = [stream.outcome.refusal for stream in streams if stream.outcome.refusal is not None]
    if refusals and len(refusals) == len(streams):
        cause = f"none of the selected streams could be read ({refusals[0].cause})"
        raise RenewalError(cause, "give the app their scopes in Jobber's Developer Center and authorise it again")


def summary_lines(streams: Sequence[JobberStream]) -> Iterator[str]:
    """Yield a table of the streams' rows and cost, a line each, totals last."""
    lines = [_cells(each.name, *_figures(each)) + _remark(each) for each in streams]
    totals = [sum(column) for column in zip(*map(_figures, streams), strict=True)] or [0, 0, 0, 0]
    yield "Summary of the run:"
    yield _line(_COLUMNS)
    yield from lines
    yield _cells("all", *totals)


def _figures(stream: JobberStream) -> tuple[float, float, float, float]:
    usage = stream.usage
    return usage.rows, usage.requests, usage.points, usage.waited_seconds


def _cells(name: str, rows: float, requests: float, points: float, waited_seconds: float) -> str:
    per_row = f"{points / rows:.1f}" if rows else "-"
    return _line((name, f"{rows:.0f}", f"{requests:.0f}", f"{points:.0f}", per_row, f"{waited_seconds:.1f}"))


def _line(cells: tuple[str, ...]) -> str:
    name, *figures = cells
    return f"{name:<28}" + "".join(f"{figure:>12}" for figure in figures)


def _remark(stream: JobberStream) -> str:
    remark = stream.outcome.remark()
    return f"  {remark}" if remark else ""
