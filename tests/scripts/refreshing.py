"""A folder of SDL files, a sandbox that serves a schema, and the script between them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

import refresh_schema

from jobber_sandbox.options import Options
from jobber_sandbox.server import running
from jobber_sandbox.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import pytest

    from jobber_sandbox.sandbox import Sandbox

VERSION = "2026-07-27"
OWN = refresh_schema.FOLDER
BASE = """\
# What there is.

scalar EncodedId

type Query {
  account: Account
  boats(after: String, first: Int): BoatConnection!
}

type Account {
  id: EncodedId!
  name: String!
}

type BoatConnection {
  edges: [BoatEdge!]
  nodes: [Boat!]!
  pageInfo: PageInfo!
}

type BoatEdge {
  cursor: String!
  node: Boat!
}

type PageInfo {
  endCursor: String
  hasNextPage: Boolean!
}
"""
BOATS = """\
# Boats.
interface Craft {
  id: EncodedId!
}

type Boat implements Craft {
  id: EncodedId!
  # How it is called in the harbour.
  name(upper: Boolean = false): String!
  oldName: String @deprecated(reason: "name")
  owner: Owner
  sails: [Sail!]!
}

union Owner = Account

type Sail {
  area: Float!
  cloth: Cloth
}

enum Cloth {
  COTTON
  SILK
}
"""
TINY: dict[str, Any] = {"scale": 0.001, "speed": 1_000_000, "max_requests": 0}


def own_files(folder: Path) -> Path:
    """Return a copy of the project's own SDL files."""
    for path in OWN.glob("*.graphql"):
        folder.joinpath(path.name).write_bytes(path.read_bytes())
    return folder


def texts(folder: Path) -> dict[str, str]:
    """Return the texts of a folder's files."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


def changed(files: Mapping[str, str], changes: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Files with some texts replaced, each of which stands in them once."""
    found = dict(files)
    for before, after in changes:
        assert sum(text.count(before) for text in found.values()) == 1, before
        found = {name: text.replace(before, after) for name, text in found.items()}
    return found


def small_files(folder: Path) -> Path:
    """Two small files."""
    folder.joinpath("base.graphql").write_text(BASE, encoding="utf-8")
    folder.joinpath("boats.graphql").write_text(BOATS, encoding="utf-8")
    return folder


def small_sdl(changes: Iterable[tuple[str, str]]) -> str:
    """Return the schema of the small files with some texts replaced."""
    return "".join(changed({"": BASE + BOATS}, changes).values())


@contextmanager
def serving(sdl: str | Path, directory: Path, **options: Any) -> Iterator[Sandbox]:
    """Provide a sandbox that serves a schema; the settings in the environment lead to it."""
    path = directory / "served.graphql" if isinstance(sdl, str) else sdl
    if isinstance(sdl, str):
        path.write_text(sdl, encoding="utf-8")
    # A version that is not the latest is warned of once its year is over.
    versions = Versions(active=(VERSION,))
    with running(Options(**{**TINY, "schema": path, "versions": versions, **options})) as server:
        settings = {**server.env, "TAP_JOBBER_API_VERSION": VERSION, "HOME": str(directory)}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TAP_JOBBER_")}
        with mock.patch.dict(os.environ, {**inherited, **settings}, clear=True):
            yield server.sandbox


class Said:
    """Output and exit status of a run of the script.

    Args:
        status: Its exit status.
        out: Its standard output.
        error: Its standard error.
    """

    def __init__(self, status: int, out: str, error: str) -> None:
        self.status = status
        self.out = out.splitlines()
        self.error = error.splitlines()

    @property
    def changes(self) -> list[str]:
        """The changes it names."""
        return [line.strip() for line in self.out if line.startswith("  ") and line.strip()[0] in "+-~"]

    @property
    def unread(self) -> list[str]:
        """The lists it names that nothing reads."""
        begin = self.out.index("New lists, not yet read:") + 1 if "New lists, not yet read:" in self.out else None
        return [line.strip() for line in self.out[begin:]] if begin is not None else []


def refresh(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> Said:
    """Run the script in this process."""
    capsys.readouterr()
    status = refresh_schema.main(["--config", "ENV", "--folder", str(folder), *words])
    return Said(status, *capsys.readouterr())
