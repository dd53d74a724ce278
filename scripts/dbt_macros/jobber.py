"""The macros of the dbt package for sqlfluff, which renders models without dbt and knows of no package of macros.

`{{ jobber.money('sum(total)') }}` in a model finds the macro `money` here.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, NoReturn

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader

if TYPE_CHECKING:
    from collections.abc import Callable

_FOLDER = Path(__file__).resolve().parents[2] / "transform" / "macros"
_VARIABLES = {"jobber_source": "files", "jobber_files": "output", "jobber_append_only": "false"}
# Taken to be loaded, so that each kind of model is rendered in full for one; all would take minutes.
_LOADED = ("complete_reads", "invoice_ids", "invoice_line_items", "invoices")


class _ReturnError(Exception):
    """Leaves a macro with a value that is no text, as dbt's `return` does."""

    def __init__(self, value: object) -> None:
        self.value = value


def _return(value: object) -> NoReturn:
    raise _ReturnError(value)


def _called(macro: Callable[..., object]) -> Callable[..., object]:
    def call(*args: object, **named: object) -> object:
        try:
            return macro(*args, **named)
        except _ReturnError as returned:
            return returned.value

    return call


def _run_query(sql: str) -> SimpleNamespace:
    """Return the file of a stream that is taken to be loaded, in a table of one column."""
    files = [f"{name}.jsonl" for name in _LOADED if f"/{name}.jsonl" in sql]
    return SimpleNamespace(columns=[SimpleNamespace(values=lambda: files)])


def _macros() -> dict[str, Callable[..., object]]:
    """Return the package's macros by name."""
    found: dict[str, Callable[..., object]] = {}
    # Compiled once: sqlfluff imports this module anew for each model.
    environment = Environment(  # noqa: S701 - SQL
        loader=FileSystemLoader(_FOLDER),
        bytecode_cache=FileSystemBytecodeCache(),
        extensions=["jinja2.ext.do"],
    )
    environment.globals |= {
        "jobber": found,
        "return": _return,
        "execute": True,
        "target": {"type": "duckdb"},
        "var": _VARIABLES.__getitem__,
        "ref": str,
        "run_query": _run_query,
    }
    for name in environment.list_templates():
        macros = vars(environment.get_template(name).module)
        found |= {macro: _called(macros[macro]) for macro in macros if callable(macros[macro])}
    return found


globals().update(_macros())
