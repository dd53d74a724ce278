"""Queries that differ in moments and ids only are validated once, and none for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobber_sandbox.faults import Fault
from jobber_sandbox.options import Options
from jobber_sandbox.query_shape import shape_of
from jobber_sandbox.sandbox import Sandbox
from jobber_sandbox.world import encoded_id

if TYPE_CHECKING:
    from jobber_sandbox.engine import Engine

FILTERED = '{{clients(first: 1, filter: {{updatedAt: {{after: "{}"}}}}) {{nodes {{id}}}}}}'
MOMENT, ANOTHER = "2024-01-01T00:00:00Z", "2025-06-07T08:09:10.123456Z"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Sandbox(Options(scale=0.02)).engine


def _problems(engine: Engine, query: str) -> list[str]:
    return [problem["message"] for problem in engine.prepare(query, engine.schema).problems]


def test_moments_and_ids_have_no_part_in_a_shape() -> None:
    assert shape_of(FILTERED.format(MOMENT)) == shape_of(FILTERED.format(ANOTHER))
    by_id = '{{client(id: "{}") {{id}}}}'
    first, second = (shape_of(by_id.format(encoded_id("Client", number))) for number in (1, 2))
    assert first == second != shape_of(by_id.format(MOMENT))


@pytest.mark.parametrize("other", ["2024-13-01T00:00:00Z", "never", "<moment 0>", "2024-01-01"])
def test_another_text_has_another_shape(other: str) -> None:
    assert shape_of(FILTERED.format(MOMENT)) != shape_of(FILTERED.format(other))


@pytest.mark.parametrize("before", ['# "\n', '{a(b: "\\"")}', '{a(b: """\n""")}'])
def test_where_strings_end_is_not_guessed(before: str) -> None:
    assert shape_of(before + FILTERED.format(MOMENT)) is None


def test_what_is_no_moment_is_refused_after_others_were_taken(engine: Engine) -> None:
    for moment in (MOMENT, ANOTHER):
        assert _problems(engine, FILTERED.format(moment)) == []
    assert _problems(engine, FILTERED.format("2024-13-01T00:00:00Z"))
    assert _problems(engine, FILTERED.format(encoded_id("Client", 1)))


def test_fields_that_cannot_be_merged_are_refused_after_others_were_taken(engine: Engine) -> None:
    query = '{{a: client(id: "{}") {{id}} a: client(id: "{}") {{id}}}}'
    same, other = encoded_id("Client", 1), encoded_id("Client", 2)
    assert _problems(engine, query.format(same, same)) == []
    assert _problems(engine, query.format(other, other)) == []
    assert _problems(engine, query.format(same, other))


def test_a_schema_that_lacks_a_field_refuses_what_another_took(engine: Engine) -> None:
    query = FILTERED.format(MOMENT)
    assert engine.prepare(query, engine.schema).problems == []
    older = engine.schema_without([Fault(kind="unknown_field", field="Client.id")])
    assert engine.prepare(query, older).problems
