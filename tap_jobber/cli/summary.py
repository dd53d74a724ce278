"""Says at the end of a run what each stream brought and what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_jobber.streams.base import JobberStream

_COLUMNS = ("stream", "rows", "requests", "points", "points/row", "waited s")


def summary_lines(streams: Sequence[JobberStream]) -> Iterator[str]:
    """A table of what the streams brought and what they cost, one line each, totals last."""
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
