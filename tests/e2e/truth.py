"""What the tap should bring, asked of the sandbox by its own door: no token, no price, no pages."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import requests
from jsonschema import Draft202012Validator, FormatChecker

from tap_jobber.schema.query import page_query, single_query
from tap_jobber.schema.rows import shaper
from tap_jobber.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.e2e.harness import Bench, Outcome

NAMES = tuple(stream.name for stream in STREAMS)
ROOTS = {stream.name: stream.root for stream in STREAMS}

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_formats = FormatChecker()


@_formats.checks("date-time")
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or _MOMENT.fullmatch(value) is not None


def ask(bench: Bench, query: str, **variables: object) -> Any:  # noqa: ANN401 - whatever was asked for
    """The value of the first root field."""
    body = {"query": query, "variables": variables}
    answer = requests.post(f"{bench.server.url}/sandbox/graphql", json=body, timeout=30).json()
    assert "errors" not in answer, answer["errors"]
    return next(iter(answer["data"].values()))


def rows(bench: Bench, name: str) -> list[dict[str, Any]]:
    """All rows of a stream."""
    stream = next(each for each in STREAMS if each.name == name)
    selection = stream.full_selection()
    if name == "account":
        nodes = [ask(bench, single_query(name, stream.root, selection))]
    else:
        nodes = ask(bench, page_query(name, stream.root, "", selection), first=1_000_000, after=None)["nodes"]
    shape = shaper(selection)
    return [shape(node) for node in nodes]


def ids(bench: Bench, name: str) -> set[str]:
    """The ids of all rows of a stream."""
    return {row["id"] for row in rows(bench, name)}


def assert_complete(bench: Bench, outcome: Outcome, names: Iterable[str] = NAMES) -> None:
    """The run brought exactly the rows there are, each once."""
    for name in names:
        expected, brought = _lines(rows(bench, name)), _lines(outcome.rows(name))
        assert expected, name
        assert brought == expected, f"{name}: missing {expected - brought}, too many {brought - expected}"


def assert_valid(outcome: Outcome) -> None:
    """Each stream has one SCHEMA before its rows, and the rows are as it says."""
    validators: dict[str, Draft202012Validator] = {}
    for message in outcome.messages:
        if message["type"] == "SCHEMA":
            assert message["stream"] not in validators, f"two schemas of {message['stream']}"
            Draft202012Validator.check_schema(message["schema"])
            assert message["key_properties"] == ["id"]
            validators[message["stream"]] = Draft202012Validator(message["schema"], format_checker=_formats)
        elif message["type"] == "RECORD":
            validator = validators[message["stream"]]
            assert set(message["record"]) <= set(validator.schema["properties"])  # type: ignore[index]  # not a bool
            problem = next(validator.iter_errors(message["record"]), None)
            assert problem is None, f"{message['stream']}: {problem}"


def _lines(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(json.dumps(row, sort_keys=True) for row in rows)
