"""Small rules of language."""

from __future__ import annotations

import pytest

from tap_jobber.wording import are, counted, enumerated, sentence


def test_counted() -> None:
    assert [counted(number, "row") for number in (0, 1, 2, 1_234)] == ["0 rows", "1 row", "2 rows", "1,234 rows"]
    assert [are(number) for number in (0, 1, 2)] == ["are", "is", "are"]


def test_sentences_begin_with_a_capital_unless_they_begin_with_a_name() -> None:
    assert sentence("unknown setting colour: remove it") == "Unknown setting colour: remove it"
    assert sentence("custom stream x is not GraphQL") == "Custom stream x is not GraphQL"
    for line in ("custom_streams is not a list", "custom: set aside", "page_size is 0"):
        assert sentence(line) == line


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, ""),
        (1, "1"),
        (3, "1, 2, 3"),
        (4, "1, 2, 3, 4"),
        (5, "1, 2, 3 and 2 others"),
        (200, "1, 2, 3 and 197 others"),
    ],
)
def test_enumerated(count: int, said: str) -> None:
    assert enumerated([str(number) for number in range(1, count + 1)], most=3) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("the output is closed", "The output is closed"),
        ("state file x is not JSON", "State file x is not JSON"),
        ("state: it is odd", "state: it is odd"),
        ("state_file is odd", "state_file is odd"),
        ("jobs was set aside", "jobs was set aside"),
        ("api_url is odd", "api_url is odd"),
        ("", ""),
    ],
)
def test_sentence(line: str, said: str) -> None:
    assert sentence(line) == said
