"""Spend the points of an estimate where they make it most certain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_jobber.graphql.cost import answer_points

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_jobber.extraction.list_survey import ListSurvey

# A first look at all lists of a walk takes in so many nodes, a further one at one list so many.
_FIRST_NODES, _FURTHER_NODES = 1, 8
# An estimate is good enough if its standard error is no more than this share of it.
_GOOD_ENOUGH = 0.01


@dataclass(frozen=True)
class _Doubt:
    """How little is known of one kind of list.

    Attributes:
        survey: The walk.
        name: The stream of the list.
        points: Standard error of the points that its rows cost.
        gain: How much of that further samples are worth, for the points they take.
    """

    survey: ListSurvey
    name: str
    points: float
    gain: float


def sample_lists(surveys: Sequence[ListSurvey], total_points: float) -> None:
    """Look at the lengths of lists until they are known well enough, or no points are left.

    Args:
        surveys: The lists of each walk.
        total_points: The points of all nodes, without their lists.
    """
    for survey in sorted(surveys, key=_nodes, reverse=True):
        names = list(survey.lengths)
        if names and survey.left_points >= survey.sample_price(names, _FIRST_NODES):
            survey.sample(names, _FIRST_NODES)
            for name in list(survey.lengths):
                survey.identify_long(name)
    while True:
        doubts = [each for survey in surveys for each in _doubts(survey)]
        doubt = max(doubts, key=lambda each: each.gain, default=None)
        if doubt is None or sum(each.points**2 for each in doubts) ** 0.5 <= _GOOD_ENOUGH * total_points:
            break
        doubt.survey.sample([doubt.name], _FURTHER_NODES)
        doubt.survey.identify_long(doubt.name)
    for survey in surveys:
        survey.end()


def _nodes(survey: ListSurvey) -> int:
    return max((lengths.nodes for lengths in survey.lengths.values()), default=0)


def _doubts(survey: ListSurvey) -> Iterator[_Doubt]:
    """Yield what further samples can be asked for."""
    for part in survey.lists:
        lengths = survey.lengths.get(part.name)
        if lengths is None or not survey.can_sample(part.name, _FURTHER_NODES):
            continue
        points = lengths.standard_error * answer_points(part.node)
        gain = points**2 / (1 + len(lengths.lengths)) / survey.sample_price([part.name], 1)
        yield _Doubt(survey, part.name, points, gain)
