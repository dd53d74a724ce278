"""Refreshed SDL files after a change of the API, which is a schema in this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from graphql import GraphQLSchema, build_schema, graphql_sync
from schema_refresh.decide import refreshed
from schema_refresh.files import read_files, write
from schema_refresh.introspection import Introspection

from tap_jobber.api.client import Answer, DriftError, NotPermittedError, Usage
from tap_jobber.api.decision import Action, Decision
from tap_jobber.api.unknown_names import Strike, Unknown
from tap_jobber.errors import TapError
from tests.scripts.refreshing import BOATS, changed, small_files, small_sdl, texts

if TYPE_CHECKING:
    from pathlib import Path

    from schema_refresh.decide import Report

    from tap_jobber.api.transport import Query

    Changes = list[tuple[str, str]]

SAIL = BOATS[BOATS.index("type Sail {") :].rstrip()
RAFT = "type Raft implements Craft {\n  id: EncodedId!\n  logs: Int!\n}"
MADE = "  made(first: Int): BoatConnection!\n"
MAKER = """\
type Maker {
  id: EncodedId!
  made(first: Int): BoatConnection!
  place: Place
}

type Place {
  lists: [[Float!]!]
}"""
# What is served instead, and what becomes of the files, if that is not the same.
CASES: dict[str, tuple[Changes, Changes | None]] = {
    "nothing": ([], None),
    "an argument with a default": (
        [("name(upper: Boolean = false)", "name(upper: Boolean = true, length: Int! = 3, searchTerm: String)")],
        [("name(upper: Boolean = false)", "name(upper: Boolean = true, length: Int! = 3)")],
    ),
    "a type, and what only that led to": (
        [("  sails: [Sail!]!\n", ""), ("type Sail {\n  area: Float!\n  cloth: Cloth\n}\n\n", "")],
        [("  sails: [Sail!]!\n", ""), (f"\n\n{SAIL}\n", "\n")],
    ),
    "an implementer": (
        [("enum Cloth {", f"{RAFT}\n\nenum Cloth {{")],
        [("type Boat implements", f"{RAFT}\n\ntype Boat implements")],
    ),
    "an interface that is not stated": (
        [("type Sail {", "interface Cut {\n  area: Float!\n}\n\ntype Sail implements Cut {")],
        [],
    ),
    "an interface that is": ([("type Sail {\n", "type Sail implements Craft {\n  id: EncodedId!\n")], None),
    "a successor that only the files name": ([('@deprecated(reason: "name")', "@deprecated")], []),
    "a field that is not deprecated any more": ([(' @deprecated(reason: "name")', "")], None),
    "a deprecation that names no successor": (
        [("  area: Float!", '  area: Float! @deprecated(reason: "It was \\"wrong\\".")')],
        [("  area: Float!", '  area: Float! @deprecated(reason: "no successor")')],
    ),
    "a deprecated field that is new": ([("  area: Float!", "  area: Float!\n  size: Int @deprecated")], []),
    "a field that leads through new types": (
        [("  area: Float!", "  area: Float!\n  maker: Maker"), ("enum Cloth {", f"{MAKER}\n\nenum Cloth {{")],
        [
            ("  area: Float!", "  area: Float!\n  maker: Maker"),
            ("enum Cloth {", f"{MAKER}\n\nenum Cloth {{".replace(MADE, "")),
        ],
    ),
    "a type of another kind": ([("union Owner = Account", "type Owner {\n  id: EncodedId!\n}")], None),
    "a field that cannot be asked for bare": ([("  area: Float!", "  area: Float!\n  in(unit: Int!): Int")], []),
    "values in another order": (
        [("  COTTON\n  SILK", "  SILK\n  HEMP\n  COTTON")],
        [("  COTTON\n  SILK", "  COTTON\n  SILK\n  HEMP")],
    ),
}
LISTED = {
    "a field that cannot be asked for bare": ["Sail.in(unit: Int!): Int"],
    "a field that leads through new types": ["Maker.made(first: Int): BoatConnection!"],
}


@dataclass
class Api:
    """An API that serves a schema, without a wire between.

    Args:
        schema: What it serves.
        is_old: True if it does not know of deprecated arguments.
        hidden: Paths that it says the app may not see.
        refusal: What it says instead of an answer.
    """

    schema: GraphQLSchema
    is_old: bool = False
    hidden: tuple[str, ...] = ()
    refusal: TapError | None = None
    texts: list[str] = field(default_factory=list)

    def execute(self, query: Query, usage: Usage) -> Answer:
        """Answer a query."""
        usage.requests += 1
        self.texts.append(query.text)
        if self.refusal is not None:
            raise self.refusal
        if self.is_old and "args(includeDeprecated" in query.text:
            raise DriftError(Decision(Action.STRIKE, "not known", "leave it out"))
        result = graphql_sync(self.schema, query.text)
        assert result.errors is None
        return Answer(result.data or {}, self.hidden)


def run(folder: Path, api: Api) -> Report:
    """Refresh the files of a folder."""
    files, report = refreshed(read_files(folder), Introspection(api, 8_000).types)
    write(files)
    return report


@pytest.mark.parametrize("case", CASES)
def test_each_change(case: str, tmp_path: Path) -> None:
    served, expected = CASES[case]
    folder = small_files(tmp_path)
    before = texts(folder)
    api = Api(build_schema(small_sdl(served), assume_valid=True))
    said = run(folder, api)
    after = texts(folder)
    assert after == changed(before, served if expected is None else expected)
    assert bool(said.changes) == (after != before)
    assert said.unread == LISTED.get(case, [])
    again = run(folder, api)
    assert texts(folder) == after
    assert again.changes == []
    assert again.unread == said.unread


def test_what_implements_an_interface_has_its_lists(tmp_path: Path) -> None:
    """Lists are not added otherwise, but without them the files would not make a schema."""
    folder = small_files(tmp_path)
    fleet = "  fleet(first: Int): BoatConnection\n"
    stated = [(f"{craft} {{\n", f"{craft} {{\n{fleet}") for craft in ("interface Craft", "type Boat implements Craft")]
    raft = RAFT.replace("{\n", f"{{\n{fleet}")
    for name, text in changed(texts(folder), stated).items():
        folder.joinpath(name).write_text(text, encoding="utf-8")
    before = texts(folder)
    sail = [("type Sail {\n", f"type Sail implements Craft {{\n{fleet}  id: EncodedId!\n")]
    served = build_schema(small_sdl([*stated, *sail, ("enum Cloth {", f"{raft}\n\nenum Cloth {{")]))
    said = run(folder, Api(served))
    assert texts(folder) == changed(before, [*sail, ("type Boat implements", f"{raft}\n\ntype Boat implements")])
    assert said.unread == [f"{name}.fleet(first: Int): BoatConnection" for name in ("Raft", "Sail")]
    assert run(folder, Api(served)).changes == []
    build_schema("\n".join(texts(folder).values()))


def test_a_server_that_does_not_know_of_deprecated_arguments(tmp_path: Path) -> None:
    folder = small_files(tmp_path)
    api = Api(build_schema(small_sdl([("  SILK\n", "")])), is_old=True)
    assert run(folder, api).changes == ["- Cloth.SILK (boats.graphql)"]
    assert [("args(includeDeprecated" in text) for text in api.texts] == [True, *[False] * (len(api.texts) - 1)]


def test_a_type_that_may_not_be_seen_is_not_gone(tmp_path: Path) -> None:
    folder = small_files(tmp_path)
    before = texts(folder)
    with pytest.raises(TapError, match="the app may not see t3 of the schema"):
        run(folder, Api(build_schema(small_sdl([])), hidden=("t3",)))
    assert texts(folder) == before


@pytest.mark.parametrize(
    "refusal",
    [
        NotPermittedError("The field __type on an object of type Query was hidden due to permissions", "give"),
        DriftError(Decision(Action.STRIKE, "no __type", "set", strikes=(Strike(Unknown.FIELD, "Query", "__type"),))),
    ],
    ids=["hidden", "unknown"],
)
def test_types_that_may_not_be_asked_about(refusal: TapError, tmp_path: Path) -> None:
    api = Api(build_schema(small_sdl([])), refusal=refusal)
    with pytest.raises(TapError, match=r"the API does not tell of its types \(.*__type.*\): use the credential"):
        run(small_files(tmp_path), api)
    assert len(api.texts) == 1


def test_another_api(tmp_path: Path) -> None:
    folder = small_files(tmp_path)
    with pytest.raises(TapError, match="the API has no type Query"):
        run(folder, Api(build_schema("schema { query: Root } type Root { name: String }")))
