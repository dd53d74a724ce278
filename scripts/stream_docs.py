"""Writes docs/streams.md: every stream, and every list of the API that none reads, from what the code declares.

Run it after a change of the streams: `python scripts/stream_docs.py`. A test fails when the page is out of date.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tap_jobber.extraction.source import Mode
from tap_jobber.graphql.left_out import LEFT_OUT
from tap_jobber.streams import STREAMS
from tap_jobber.streams.child_stream import ChildStream
from tap_jobber.streams.root_stream import RootStream
from tap_jobber.tap import TapJobber

PAGE = Path(__file__).parent.parent / "docs" / "streams.md"
DOMAINS = {
    "account": "Account",
    "clients": "Clients and properties",
    "work": "Requests, quotes and jobs",
    "scheduling": "Calendar",
    "billing": "Invoices and payments",
    "team": "Team",
    "timesheets": "Hours summed up",
    "suppliers": "Incoming expenses",
    "catalog": "Products, taxes and custom fields",
    "custom_field_values": "Custom fields as a table",
    "marketing": "Marketing",
    "id_streams": "Ids",
}
MODES = {
    Mode.CHANGED: "what has changed",
    Mode.NEWEST_FIRST: "what has changed",
    Mode.WHOLE: "everything",
}
HEAD = """# Streams

Made by `scripts/stream_docs.py` from what the code declares.

Streams marked *opt-in* are not selected by default: an ordinary account lacks what they hold, or they repeat in
another form what other streams bring. Select them in the catalog, or in Meltano with `select`.

The column "Later runs" tells what a run after the first reads. Lists are read in the walk of the rows that they belong
to and change with them. Every row of a list carries the id of its parent and, where the parent has one, its
`updatedAt`.
"""
LEFT = """
## Lists that no stream reads

| List | Why not |
| --- | --- |
"""


def page() -> str:
    """Return the page as Markdown."""
    made: dict[str, Any] = dict(TapJobber(config={"client_id": "-", "client_secret": "-"}).streams)
    modules: dict[str, list[Any]] = {}
    for stream in STREAMS:
        modules.setdefault(stream.__module__.rpartition(".")[2], []).append(stream)
    parts = [HEAD]
    for module in sorted(modules, key=list(DOMAINS).index):
        parts.append(
            f"\n## {DOMAINS[module]}\n\n| Stream | Rows | Key | Scope | Later runs |\n| --- | --- | --- | --- | --- |\n"
        )
        parts += [_line(stream, made[stream.name]) for stream in modules[module]]
    parts.append(LEFT)
    parts += [f"| `{coordinate}` | {reason} |\n" for coordinate, reason in LEFT_OUT.items()]
    return "".join(parts)


def _line(stream: Any, made: Any) -> str:  # noqa: ANN401 - streams are asked for what only some have
    name = f"`{stream.name}`" + ("" if stream.selected_by_default else " *opt-in*")
    rows = str(stream.__doc__).partition("\n")[0].rstrip(".")
    keys = ", ".join(f"`{key}`" for key in made.primary_keys)
    return f"| {name} | {rows} | {keys} | {_scope(stream)} | {_later(stream)} |\n"


def _scope(stream: Any) -> str:  # noqa: ANN401 - as above
    scope = getattr(getattr(stream, "parent", stream), "scope", None)
    return f"`{scope}`" if scope else ""


def _later(stream: Any) -> str:  # noqa: ANN401 - as above
    if issubclass(stream, ChildStream):
        return f"as `{stream.parent.name}`"
    if issubclass(stream, RootStream):
        return MODES[stream.mode]
    return "as the rows they belong to"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
