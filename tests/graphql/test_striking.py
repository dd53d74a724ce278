"""Names that a server does not know: removed by name or place, or replaced where another way exists."""

from __future__ import annotations

import re

import pytest
from graphql import build_schema

from tap_jobber.graphql.derive import derive
from tap_jobber.graphql.parse import read_document
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.striking import columns_without, find, strike, strike_at
from tap_jobber.graphql.text import selection_set

SCHEMA = build_schema(
    """
    type Query { pipe: Pipe }
    type Pipe {
      id: ID! length: Int span: Int @deprecated(reason: "length") reach: Float @deprecated(reason: "length")
      size: Size owner: Owner
    }
    type Size { width: Int unit: Unit }
    type Unit { name: String factor: Float }
    union Owner = Person | Firm
    type Person { born: Int }
    type Firm { founded: Int size: Size }
    """
)
PIPE = derive(SCHEMA, "Pipe")


def test_a_deprecated_field_stands_in_for_its_successor() -> None:
    known = strike(PIPE, [("Pipe", "length")])
    assert " length: span " in selection_set(known)
    assert columns_without(PIPE, known) == []
    unknown = strike(PIPE, [("Pipe", "length"), ("Pipe", "span")])
    assert columns_without(PIPE, unknown) == ["length"]


@pytest.mark.parametrize(
    ("place", "lost"),
    [
        (("length",), ["length"]),
        (("size", "unit", "name"), ["size.unit.name"]),
        (("size", "unit"), ["size.unit"]),
        (("size",), ["size"]),
        (("owner", "... on Person"), ["owner.born"]),
        (("owner", "... on Firm", "founded"), ["owner.founded"]),
        (("owner", "... on Firm", "size", "width"), ["owner.size.width"]),
        (("nothing", "here"), []),
    ],
)
def test_what_stands_at_a_place_goes_and_nothing_else(place: tuple[str, ...], lost: list[str]) -> None:
    assert columns_without(PIPE, strike_at(PIPE, {place})) == lost
    found = find(PIPE, place)
    if found is not None:
        assert found.name == place[-1]


def test_an_object_of_which_nothing_is_left_goes_too() -> None:
    left = strike_at(PIPE, {("size", "unit"), ("size", "width")})
    assert columns_without(PIPE, left) == ["size"]
    assert "size {" not in selection_set(left).split("owner")[0]


@pytest.mark.parametrize("by_name", [True, False])
def test_what_was_asked_of_an_interface_is_asked_of_each_member(*, by_name: bool) -> None:
    notes = derive(read_schema(), "InvoiceNoteUnion")
    left = strike(notes, [], ["NoteInterface"]) if by_name else strike_at(notes, {("... on NoteInterface",)})
    text = selection_set(left)
    assert "NoteInterface" not in text
    for member in ("ClientNote", "InvoiceNote", "JobNote"):
        assert " message " in text.split(f"... on {member} ")[1].split("... on ClientNote ")[0]
    assert columns_without(notes, left) == []


def test_what_was_asked_of_an_interface_deep_in_a_query_is_asked_of_each_member() -> None:
    text = """{ jobs { nodes { id notes { nodes {
        ... on NoteInterface { message } ... on ClientNote { id ... on NoteInterface { pinned } } } } } } }"""
    selection = read_document(read_schema(), text).selection
    left = selection_set(strike(selection, [], ["NoteInterface"]))
    assert "NoteInterface" not in left
    assert re.search(r"\.\.\. on ClientNote \{[^}]*pinned [^}]*message ", left)
    assert re.search(r"\.\.\. on JobNote \{[^}]* message ", left)
