"""Options that belong to another command, and catalogs that `--test` and others find nothing in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.harness import Bench, catalog

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("words", [[], ["--test"], ["--test=credentials"], ["--login"]])
def test_a_format_of_what_has_none(tiny: Bench, words: list[str]) -> None:
    outcome = tiny.tap(*words, "--format=json")
    outcome.assert_refused("--format is for --about, --credentials, --estimate", "leave it out")
    assert tiny.log == []
    assert not outcome.stdout


@pytest.mark.parametrize("words", [["--discover"], ["--version"], ["--help"]])
def test_a_format_that_changes_nothing(tiny: Bench, words: list[str]) -> None:
    assert tiny.tap(*words, "--format=json").status == 0


@pytest.mark.parametrize("is_last", [True, False])
def test_a_test_reads_what_the_catalog_selects(tiny: Bench, *, is_last: bool) -> None:
    words: list[Path | str] = ["--catalog", tiny.write("chosen.json", catalog(["tax_rates", "vehicles"]))]
    outcome = tiny.tap(*([*words, "--test"] if is_last else ["--test", *words])).checked()
    assert outcome.streams == {"tax_rates", "vehicles"}
    assert outcome.texts("INFO")[-1].startswith("Test passed: 2 streams answered")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (catalog([]), ("no stream is selected", "select streams")),
        ({"streams": []}, ("no stream is selected", "select streams")),
        ("{", ("is not JSON", "--discover")),
        (None, ("--catalog", "No such file")),
    ],
    ids=["none selected", "no streams", "no JSON", "no file"],
)
def test_a_test_of_nothing_has_not_passed(tiny: Bench, content: object, words: tuple[str, ...]) -> None:
    path = tiny.home / "chosen.json" if content is None else tiny.write("chosen.json", content)
    outcome = tiny.tap("--test", "--catalog", path)
    outcome.assert_refused(*words, status=1)
    assert tiny.log == []


@pytest.mark.parametrize("words", [[], ["--estimate"]])
def test_a_run_without_a_stream_says_so(tiny: Bench, words: list[str]) -> None:
    outcome = tiny.tap(*words, streams=[])
    assert outcome.status == 0
    assert [each for each in outcome.warnings if "selects no stream: there is nothing to read" in each]


@pytest.mark.parametrize("option", ["--config", "--catalog", "--state"])
def test_a_file_without_an_end(tiny: Bench, option: str) -> None:
    tiny.tap(option, "/dev/zero").assert_refused("is longer than any such file")
