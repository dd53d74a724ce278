"""Selections with less in them: deselected columns, and what a server does not know."""

from __future__ import annotations

import pytest
from graphql import build_schema

from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.striking import strike
from tap_jobber.graphql.text import selection_set
from tap_jobber.graphql.tree import TYPENAME, Field, Path

SCHEMA = build_schema(
    """
    type Query { pipes: PipeConnection! sheds: ShedConnection! }
    type PipeConnection { nodes: [Pipe!]! }
    type ShedConnection { nodes: [Shed!]! }
    type Shed { id: ID! }
    type Pipe { id: ID! title: String size: Size parts: [Part!] shed: Shed owner: Owner }
    type Size { width: Int unit: Unit }
    type Unit { name: String }
    type Part { label: String price: Float }
    union Owner = Person | Firm
    type Person { name: String born: Int }
    type Firm { name: String founded: Int }
    """
)
PIPE = derive(SCHEMA, "Pipe")
OWNER = "owner { __typename ... on Person { name born } ... on Firm { name founded } }"


def without(*paths: Path) -> str:
    """Return the selection set when some properties are deselected."""

    def keep(_field: Field, path: Path) -> bool:
        return path not in paths

    return selection_set(PIPE.where(keep))


@pytest.mark.parametrize(
    ("paths", "text"),
    [
        ((), f"{{ id title size {{ width unit {{ name }} }} parts {{ label price }} shed {{ id }} {OWNER} }}"),
        ((("title",), ("shedId",), ("owner",), ("parts",)), "{ id size { width unit { name } } }"),
        ((("size", "width"), ("shedId",), ("owner",), ("parts",)), "{ id title size { unit { name } } }"),
        ((("size", "unit", "name"), ("shedId",), ("owner",), ("parts",)), "{ id title size { width } }"),
        (
            (("size", "width"), ("size", "unit", "name"), ("shedId",), ("owner",), ("parts",)),
            "{ id title }",
        ),
        (
            (("owner", "born"), ("title",), ("size",), ("shedId",), ("parts",)),
            "{ id owner { __typename ... on Person { name } ... on Firm { name founded } } }",
        ),
        (
            (("owner", "born"), ("owner", "name"), ("title",), ("size",), ("shedId",), ("parts",)),
            "{ id owner { __typename ... on Firm { founded } } }",
        ),
        (
            (
                *(("owner", name) for name in ("born", "name", "founded")),
                ("title",),
                ("size",),
                ("shedId",),
                ("parts",),
            ),
            "{ id }",
        ),
    ],
)
def test_only_selected_properties_are_asked_for(paths: tuple[Path, ...], text: str) -> None:
    assert without(*paths) == text


def test_paths_are_those_of_the_row() -> None:
    paths: list[Path] = []

    def record(_field: Field, path: Path) -> bool:
        paths.append(path)
        return True

    PIPE.where(record)
    assert ("shedId",) in paths
    assert ("shed",) not in paths
    assert ("size", "unit", "name") in paths
    assert ("owner", TYPENAME) in paths


def test_keeping_everything_changes_nothing() -> None:
    assert PIPE.where(lambda _field, _path: True) == PIPE
    assert strike(PIPE, []) == PIPE


@pytest.mark.parametrize(
    ("struck", "types", "gone", "kept"),
    [
        ([("Pipe", "title")], [], "title", "size"),
        ([("Size", "unit")], [], "unit", "width"),
        ([("Unit", "name")], [], "unit", "width"),
        ([("Shed", "id")], [], "shed", "title"),
        ([("Person", "name")], [], "Person { name", "... on Firm { name founded }"),
        ([], ["Person"], "Person", "... on Firm { name founded }"),
        ([("Part", "label"), ("Part", "price")], [], "parts", "title"),
        ([("Person", "name"), ("Person", "born")], ["Firm"], "owner", "title"),
    ],
)
def test_what_a_server_does_not_know_is_struck(
    struck: list[tuple[str, str]], types: list[str], gone: str, kept: str
) -> None:
    text = selection_set(strike(PIPE, struck, types))
    assert gone in selection_set(PIPE)
    assert gone not in text
    assert kept in text


@pytest.mark.parametrize("struck", [("Pipe", "width"), ("Elsewhere", "title"), ("Query", "pipes")])
def test_a_name_of_another_type_strikes_nothing(struck: tuple[str, str]) -> None:
    assert strike(PIPE, [struck]) == PIPE
