"""Estimate how many rows the lists of a root field's nodes have in all, from the lengths of a few of them.

- The problem: the lists of all nodes cannot be counted at once, and lengths are skewed: most nodes have a short list or
  none, a few have hundreds of rows.
- The common case: the mean length of nodes spread evenly over the root list, times the number of nodes.
- The rare case: long lists come in groups, such as the visits of one recurring job, each with that job's line items. A
  few nodes met of such a group tell little about its size, so the size itself is asked for. A group counts as a whole,
  by the chance that a sample of this size meets it at all (the Horvitz-Thompson estimator).
- The result: rows in all, and the standard error, which tells where further samples are worth most.

    950 nodes; sampled lengths 2, 1, 300, 0, 3, 300, 2, 1      mean 76: 72,000 rows, if those two stand for a quarter
    both 300 belong to a group of 140 nodes                    140 x 300 + 810 x 1.5: 43,200 rows

Nothing here does I/O.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# Lists are long that are so by themselves, and so many times as long as those of the shorter quarter.
_LONG_ROWS, _TIMES_SHORT = 20, 5
# What is assumed of lengths before they are known, as if so many had been seen: a spread of twice the mean and one.
_ASSUMED_MEAN, _ASSUMED_SAMPLES = 1.5, 2.0
# ... and of those that may come in groups so many times as much.
_ASSUMED_OF_GROUPS = 8.0
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Group:
    """Nodes whose lists belong together.

    Attributes:
        key: What tells it from others.
        nodes: Number of its nodes in the root list.
    """

    key: str
    nodes: int


@dataclass
class ListLengths:
    """The lengths of one kind of list, by the places of their nodes in the root list.

    Args:
        nodes: Number of nodes in the root list.
        may_be_grouped: True if long lists may come in groups, so that more may be unseen than those seen tell.
    """

    nodes: int
    may_be_grouped: bool = False
    lengths: dict[int, int] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    """The groups of nodes with long lists, by their places, as far as they have been asked for."""

    @property
    def long_places(self) -> list[int]:
        """Places of the nodes with a long list whose group is not known."""
        return [place for place in self._long() if place not in self.groups]

    @property
    def mean(self) -> float | None:
        """The mean length; None before any has been seen."""
        return self.rows / self.nodes if self.lengths and self.nodes else None

    @property
    def rows(self) -> float:
        """Number of rows of all lists, about."""
        grouped = sum(group.nodes * length / self._chance(group) for group, length in self._grouped())
        return grouped + self._rest_nodes() * self._rest_mean()

    @property
    def standard_error(self) -> float:
        """Standard error of the number of rows."""
        rest = self._rest()
        mean = self._rest_mean()
        assumed = (1 + 2 * mean) * (_ASSUMED_OF_GROUPS if self.may_be_grouped else 1)
        squares = sum((each - mean) ** 2 for each in rest) + _ASSUMED_SAMPLES * assumed**2
        variance = self._rest_nodes() ** 2 * squares / (len(rest) + _ASSUMED_SAMPLES) / max(1, len(rest))
        for group, length in self._grouped():
            chance = self._chance(group)
            variance += (group.nodes * length) ** 2 * (1 - chance) / chance**2
        return math.sqrt(variance * self._unseen())

    def next_places(self, count: int, neighbours: int) -> list[int]:
        """Return places to ask for next, spread evenly over those of before and each other.

        Args:
            count: How many to return; fewer if there are no more.
            neighbours: How many nodes are asked for from each place on.
        """
        cells = math.ceil(self.nodes / neighbours)
        taken = {place // neighbours for place in self.lengths}
        found: list[int] = []
        for cell in _spread(cells):
            if len(found) >= count or len(taken) >= cells:
                break
            if cell not in taken:
                taken.add(cell)
                found.append(cell * neighbours)
        return found

    def typical(self, count: int) -> list[int]:
        """Return so many lengths that are distributed like all, as far as is known."""
        weights = dict.fromkeys(self.lengths, 0.0)
        for group, _length in self._grouped():
            places = [place for place, each in self.groups.items() if each == group]
            weights |= dict.fromkeys(places, group.nodes / self._chance(group) / len(places))
        rest = [place for place in self.lengths if place not in self.groups]
        weights |= dict.fromkeys(rest, self._rest_nodes() / max(1, len(rest)))
        return list(_repeated(sorted((self.lengths[place], weight) for place, weight in weights.items()), count))

    def _long(self) -> list[int]:
        ordered = sorted(self.lengths.values())
        least = max(_LONG_ROWS, _TIMES_SHORT * ordered[len(ordered) // 4]) if ordered else 0
        return [place for place, length in self.lengths.items() if length >= least]

    def _rest(self) -> list[int]:
        return [length for place, length in self.lengths.items() if place not in self.groups]

    def _rest_mean(self) -> float:
        """Return the mean length of lists of no known group.

        A list that has not been seen counts as one of the assumed length: the few that are seen tend to be short.
        """
        rest, weight = self._rest(), self._unseen()
        return (sum(rest) + weight * _ASSUMED_MEAN) / max(1e-9, len(rest) + weight)

    def _unseen(self) -> float:
        """Return the share of nodes whose lists have not been looked at."""
        return max(0.0, 1 - len(self.lengths) / self.nodes) if self.nodes else 0.0

    def _rest_nodes(self) -> float:
        grouped = sum(group.nodes / self._chance(group) for group, _ in self._grouped())
        return max(0.0, self.nodes - grouped)

    def _grouped(self) -> Iterator[tuple[Group, float]]:
        """Yield each group with the mean length of its lists."""
        for group in set(self.groups.values()):
            yield group, fmean(self.lengths[place] for place, each in self.groups.items() if each == group)

    def _chance(self, group: Group) -> float:
        """Return the chance that a sample of this size meets a group."""
        share = min(1.0, group.nodes / self.nodes)
        return 1 - (1 - share) ** len(self.lengths)


def _spread(cells: int) -> Iterator[int]:
    """Yield each of so many cells at least once, any number of first ones spread evenly."""
    for index in range(cells):
        yield int((0.5 + index * _GOLDEN) % 1.0 * cells)
    yield from range(cells)


def _repeated(weighted: Sequence[tuple[int, float]], count: int) -> Iterable[int]:
    """Yield lengths in proportion to their weights."""
    total = sum(weight for _, weight in weighted)
    reached, given = 0.0, 0
    for length, weight in weighted:
        reached += weight
        upto = round(count * reached / total) if total else 0
        yield from [length] * (upto - given)
        given = upto
