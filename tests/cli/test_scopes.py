"""`--test` shows the scopes that the token lists beside what the selected streams need."""

from __future__ import annotations

from tap_jobber.cli.credential_check import scope_lines

STREAMS = [("clients", "read_clients"), ("client_notes", "read_clients"), ("users", "read_users"), ("account", None)]


def test_what_is_not_listed_is_named_with_its_streams() -> None:
    assert list(scope_lines(["read_users"], STREAMS)) == [
        "Scopes: read_users",
        "Scope not listed: read_clients, needed by clients, client_notes",
    ]


def test_all_are_listed() -> None:
    assert list(scope_lines(["read_users", "read_clients"], STREAMS)) == ["Scopes: read_users read_clients"]


def test_an_empty_list_proves_nothing() -> None:
    (line,) = scope_lines([], STREAMS)
    assert "lists none" in line
