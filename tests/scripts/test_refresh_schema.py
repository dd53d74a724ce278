"""The script that refreshes the SDL files, against sandboxes that serve the schema as it is and as it might become."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import refresh_schema

from jobber_sandbox.schemas import DEFAULT as PUBLISHED_SDL
from jobber_sandbox.versions import Versions
from tap_jobber.graphql.sdl import sdl_text
from tests.scripts.refreshing import OWN, VERSION, changed, own_files, refresh, serving, small_files, small_sdl, texts

if TYPE_CHECKING:
    from pathlib import Path

WITHOUT_COTTON = [("  COTTON\n", "")]
PAGES = "after: String, before: String, first: Int, last: Int"
NEW_TYPES = """\
enum Fuel {
  DIESEL
  NONE
}

enum FleetStatus {
  ON_DUTY
}

type TripConnection {
  nodes: [Trip!]!
  pageInfo: PageInfo!
}

type Trip {
  id: EncodedId!
}

"""
INSPECTION = "type Inspection {\n  id: EncodedId!\n  passed: Boolean!\n}"
UNION = "union TaskWorkObject"
USE_PLATE = '@deprecated(reason: "Use `plate` instead.")'
# What is served instead of the own schema.
SERVED = [
    (f"  vehicles({PAGES})", f"  trips(first: Int): TripConnection!\n  vehicles(status: FleetStatus, {PAGES})"),
    ("  externalUrl: String\n", "  externalUrl: String\n  fuel: Fuel!\n"),
    (
        "  licensePlate: String\n",
        '  licensePlate: String @deprecated(reason: "Use `plate` instead.")\n  plate: String\n',
    ),
    ("  vin: String\n  year: Int!\n}\n\n", f"  trips: TripConnection!\n  year: Int\n}}\n\n{NEW_TYPES}{INSPECTION}\n\n"),
    ("  BANK_ACCOUNT\n}", "  BANK_ACCOUNT\n  CRYPTO\n}"),
    (f"{UNION} = Quote | Request", f"{UNION} = Quote | Request | Inspection"),
]
# What becomes of the own files.
EXPECTED = [
    (f"  vehicles({PAGES})", f"  vehicles(status: FleetStatus, {PAGES})"),
    ("type User {", "enum FleetStatus {\n  ON_DUTY\n}\n\ntype User {"),
    ("  externalUrl: String\n", "  externalUrl: String\n  fuel: Fuel!\n"),
    ("  licensePlate: String\n", '  licensePlate: String @deprecated(reason: "plate")\n  plate: String\n'),
    ("  vin: String\n  year: Int!\n}\n\n", "  year: Int\n}\n\nenum Fuel {\n  DIESEL\n  NONE\n}\n\n"),
    ("  BANK_ACCOUNT\n}", "  BANK_ACCOUNT\n  CRYPTO\n}"),
    (f"{UNION} = Quote | Request", f"{UNION} = Quote | Request | Inspection\n\n{INSPECTION}"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of two small files."""
    (tmp_path / "schema").mkdir()
    return small_files(tmp_path / "schema")


@pytest.mark.long
def test_the_executable_script_changes_nothing_that_is_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "schema").mkdir()
    folder = own_files(tmp_path / "schema")
    words = [sys.executable, refresh_schema.__file__, "--config", "ENV", "--folder", str(folder)]
    with serving(sdl_text(), tmp_path) as sandbox:
        run = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[1:] == ["The files state what the API has."]
    assert run.stdout.startswith(f"API version {VERSION}: {sandbox.requests} requests, {sandbox.points} points.\n")
    assert texts(folder) == {path.name: path.read_text(encoding="utf-8") for path in OWN.glob("*.graphql")}
    assert sandbox.refusals == 0
    assert max(entry.requested for entry in sandbox.log) < 10_000
    assert {entry.version for entry in sandbox.log} == {VERSION}
    assert all(entry.account == 1 for entry in sandbox.log)


@pytest.mark.stress
def test_the_published_schema_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "schema").mkdir()
    folder = own_files(tmp_path / "schema")
    before = texts(folder)
    with serving(PUBLISHED_SDL, tmp_path):
        said = refresh(folder, capsys)
    assert (said.status, said.changes, said.unread) == (0, [], [])
    assert texts(folder) == before


@pytest.mark.stress
def test_what_has_changed_in_the_own_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "schema").mkdir()
    folder = own_files(tmp_path / "schema")
    before = texts(folder)
    with serving("".join(changed(before, SERVED).values()), tmp_path):
        said = refresh(folder, capsys)
    assert texts(folder) == changed(before, EXPECTED)
    assert said.unread == [
        "Query.trips(first: Int): TripConnection!",
        "Vehicle.trips: TripConnection!",
    ]
    assert said.status == 0
    assert "+ Vehicle.fuel: Fuel! (team.graphql)" in said.changes
    assert "- Vehicle.vin (team.graphql)" in said.changes


def test_check_writes_nothing(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = texts(folder)
    with serving(small_sdl(WITHOUT_COTTON), tmp_path):
        checked = refresh(folder, capsys, "--check")
        assert texts(folder) == before
        said = refresh(folder, capsys)
        again = refresh(folder, capsys, "--check")
    assert texts(folder) == changed(before, WITHOUT_COTTON)
    assert (checked.status, said.status, again.status) == (1, 0, 0)
    assert checked.changes == said.changes == ["- Cloth.COTTON (boats.graphql)"]
    assert checked.out[-1] == "1 change to be made in boats.graphql."
    assert said.out[-1] == "1 change made in boats.graphql."
    assert again.out[1:] == ["The files state what the API has."]


def test_another_version_than_asked_for(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = texts(folder)
    versions = Versions(active=("2026-09-25",), removed=(VERSION,))
    with serving(small_sdl(WITHOUT_COTTON), tmp_path, versions=versions) as sandbox:
        refused = refresh(folder, capsys)
        assert texts(folder) == before
        assert sandbox.requests == 1
        accepted = refresh(folder, capsys, "--accept-version")
    assert refused.status == 1
    cause = "Jobber answers with version 2026-09-25, not with 2026-07-27"
    remedy = "set api_version to one that it still serves, or add --accept-version"
    assert refused.error == [f"refresh_schema: {cause}: {remedy}"]
    assert accepted.status == 0
    assert accepted.out[0].startswith("API version 2026-09-25: ")
    assert accepted.changes == ["- Cloth.COTTON (boats.graphql)"]


def test_a_failure_on_the_way_leaves_the_files(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = texts(folder)
    with serving(small_sdl(WITHOUT_COTTON), tmp_path, expensive={"__Type.fields": 4_000}) as sandbox:
        sandbox.faults.arm([{"kind": "disconnected", "after": 3}])
        said = refresh(folder, capsys)
        assert sandbox.requests > 3
    assert said.status == 1
    assert len(said.error) == 1
    assert "disconnected" in said.error[0]
    assert texts(folder) == before


def test_an_api_that_does_not_tell_of_its_types(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = texts(folder)
    with serving(small_sdl(WITHOUT_COTTON), tmp_path) as sandbox:
        sandbox.faults.arm(
            [{"kind": "error", "message": "Introspection is not allowed", "match": "__type(", "times": None}]
        )
        said = refresh(folder, capsys)
    (line,) = said.error
    assert line.startswith("refresh_schema: the API does not tell of its types (")
    assert line.endswith("): use the credential of an app that may ask about them, or another api_version")
    assert (said.status, texts(folder)) == (1, before)


def test_dear_types_are_asked_for_one_by_one(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(small_sdl(WITHOUT_COTTON), tmp_path, expensive={"__Type.fields": 6_000}) as sandbox:
        said = refresh(folder, capsys)
        throttled = sum(entry.throttled for entry in sandbox.log)
    assert said.changes == ["- Cloth.COTTON (boats.graphql)"]
    assert 0 < throttled < 5
    assert sandbox.requests > 6


def test_accidents_are_met_as_by_the_tap(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(small_sdl(WITHOUT_COTTON), tmp_path) as sandbox:
        sandbox.faults.arm([{"kind": "expired_token"}, {"kind": "status", "status": 502}])
        said = refresh(folder, capsys)
    assert (said.status, said.changes) == (0, ["- Cloth.COTTON (boats.graphql)"])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--folder", "{empty}"], "there are no SDL files in "),
        (["--folder", "{foreign}"], "a.graphql cannot be read (it is not UTF-8 text): check the folder and the file"),
        (["--folder", "{broken}"], "a.graphql is not SDL (Syntax Error: Expected Name, found '!'.): correct it"),
    ],
)
def test_files_that_cannot_be_read(
    words: list[str], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("empty", "broken", "foreign"):
        (tmp_path / name).mkdir()
    (tmp_path / "broken" / "a.graphql").write_text("type ! {}")
    (tmp_path / "foreign" / "a.graphql").write_bytes(b"\xff")
    filled = [word.format(**{each.name: each for each in tmp_path.iterdir()}) for word in words]
    assert refresh_schema.main(["--config", "ENV", *filled]) == 1
    assert capsys.readouterr().err.startswith(f"refresh_schema: {line}")


def test_settings_that_are_missing(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.json"
    config.write_text("{}")
    assert refresh_schema.main(["--config", str(config), "--folder", str(folder)]) == 1
    assert "refresh_schema: client_id is missing: set it" in capsys.readouterr().err
