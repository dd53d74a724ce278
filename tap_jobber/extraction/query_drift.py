"""Learns from what a server refuses of a user's query, as `drift.py` does of the tap's own streams.

A refused field is struck by its name where a field of that type was asked for; then all streams of the run know. Where
the types of the server have other names it is struck at its place in the query, and if the server names none, wherever
a field of that name was asked for. Arguments are the user's own, so that what they belong to goes with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_jobber.api.unknown_names import Unknown
from tap_jobber.extraction.served_schema import owners_of, scope_of_query
from tap_jobber.graphql.striking import step_of
from tap_jobber.graphql.tree import Field, Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_jobber.api.unknown_names import Strike
    from tap_jobber.extraction.served_schema import ServedSchema
    from tap_jobber.graphql.striking import Steps

ARGUMENTS = frozenset({Unknown.ARGUMENT, Unknown.VALUE, Unknown.REQUIRED})
FIELDS = frozenset({Unknown.FIELD, Unknown.SHAPE})


def learn_of_query(served: ServedSchema, name: str, asked: Selection, strikes: Iterable[Strike]) -> None:
    """Remember what a server refuses of a user's query.

    Args:
        served: The knowledge of the run, which is added to.
        name: The stream.
        asked: All that was asked for.
        strikes: What the server refuses.
    """
    for strike in strikes:
        owners = _owners(asked, strike)
        if owners:
            struck = {(owner, strike.name) for owner in owners}
            served.fields |= struck
            served.hidden |= struck if strike.is_hidden else set()
        elif strike.unknown is Unknown.TYPE or (strike.unknown is Unknown.FRAGMENT and not strike.path):
            served.types.add(strike.name)
        else:
            served.places[scope_of_query(name)].update(_places(asked, strike))


def _owners(asked: Selection, strike: Strike) -> set[str]:
    """Return the types that a refused field was asked of, by the name that the server gives, or an interface's."""
    if strike.unknown is not Unknown.FIELD or not strike.owner:
        return set()
    known = owners_of(strike.owner)
    return {field.owner for field in asked.deep_fields() if field.name == strike.name and field.owner in known}


def _places(asked: Selection, strike: Strike) -> Iterator[Steps]:
    if strike.path:
        steps = _known_steps(asked, strike.path[1:])
        if strike.unknown in ARGUMENTS or steps == strike.path[1:]:
            yield steps
    elif strike.unknown in FIELDS:
        yield from _places_of(asked, strike.name)


def _known_steps(selection: Selection, steps: Steps) -> Steps:
    """Return the way to a field or a fragment, without the arguments that the path of an error goes on with."""
    if not steps:
        return ()
    same = [each for each in selection.parts if step_of(each) == steps[0]]
    inside = Selection("", tuple(part for each in same if each.selection is not None for part in each.selection.parts))
    return (steps[0], *_known_steps(inside, steps[1:])) if same else ()


def _places_of(selection: Selection, name: str, at: Steps = ()) -> Iterator[Steps]:
    for part in selection.parts:
        here = (*at, step_of(part))
        if isinstance(part, Field) and name in {part.name, part.key}:
            yield here
        elif part.selection is not None:
            yield from _places_of(part.selection, name, here)
