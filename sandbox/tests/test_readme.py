"""The README knows every option, fault, endpoint and variable."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from jobber_sandbox.__main__ import command_line
from jobber_sandbox.app import build_app
from jobber_sandbox.faults import GRAPHQL_KINDS, STANDING_KINDS, TOKEN_KINDS
from jobber_sandbox.options import Options, options_of, parse
from jobber_sandbox.sandbox import Sandbox
from jobber_sandbox.server import Running
from jobber_sandbox.transport import Connections
from jobber_sandbox.versions import ACTIVE_VERSIONS

README = Path(__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """Return the cells of the table that begins with a heading."""
    found = re.search(rf"^\| {heading} \|.*\n\|[- |]+\n((?:\|.*\n)+)", README, re.MULTILINE)
    assert found, heading
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()]


def actions(command: str) -> dict[str, argparse.Action]:
    """Return the options of a command, by their longest names."""
    parser = command_line()
    (chosen,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))  # noqa: SLF001 there is no public way to the options
    return {
        each.option_strings[0]: each
        for each in chosen.choices[command]._actions  # noqa: SLF001 as above
        if each.option_strings and each.dest != "help"
    }


def shown(action: argparse.Action) -> str:
    """Return the default of an option as the README writes it."""
    if isinstance(action, argparse.BooleanOptionalAction):
        return "yes" if action.default else "no"
    if action.default == ",".join(ACTIVE_VERSIONS):
        return "all that are known"
    default = action.default.stem if isinstance(action.default, Path) else action.default
    return "" if default in (None, []) else f"`{default}`"


def test_options_are_those_of_the_command_line() -> None:
    told = {name.strip("`"): default for name, default, _ in table("Option")}
    assert told == {name: shown(action) for name, action in actions("exec").items()}
    assert set(actions("exec")) - set(actions("serve")) == {"--env-prefix"}


@pytest.mark.parametrize("name", sorted(actions("exec")))
def test_choices_are_named(name: str) -> None:
    (line,) = (row for row in table("Option") if row[0] == f"`{name}`")
    for choice in actions("exec")[name].choices or ():
        assert f"`{choice}`" in " ".join(line)


def test_without_words_the_command_line_is_the_default_of_everything() -> None:
    assert parse([]) == Options() == options_of(command_line().parse_args(["exec", "--", "true"]))


def test_faults_are_those_there_are() -> None:
    told = {name.split("`")[1]: name.endswith("†") for name, _, _ in table("Kind")}
    assert told == {kind: kind in STANDING_KINDS for kind in GRAPHQL_KINDS | TOKEN_KINDS}


def test_endpoints_are_those_there_are() -> None:
    routes = {
        str(getattr(route, "path", "")) for route in build_app(Sandbox(Options(scale=0.01)), Connections()).routes
    }
    told = {re.split(r"[ ?`]", cell)[2] for cell, _ in table("Endpoint")}
    assert told == {path for path in routes if path.startswith("/sandbox")}


def test_variables_are_those_that_are_set() -> None:
    told = set(re.findall(r"`(\w+)`", " ".join(cell for cell, _ in table("Variable"))))
    assert told == set(Running(Sandbox(Options(scale=0.01)), "http://127.0.0.1:1", Path("tokens.json")).env)
