"""Openings that no docstring may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import docstring_rules
import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "Whether it is late.",
        "What is asked for.",
        "That which is left.",
        "If it is late.",
        "A row.\n\nAttributes:\n    is_late: Whether it is late.",
    ],
)
def test_openings_that_make_the_reader_turn_the_sentence_round(text: str) -> None:
    assert docstring_rules.breaks_rules(text)


@pytest.mark.parametrize(
    "text",
    ["Return the rows.", "True if it is late.", "Whatever is left.", "Rows.\n\nWhat is hidden stays so.", "Iffy rows."],
)
def test_plain_openings(text: str) -> None:
    assert not docstring_rules.breaks_rules(text)


def test_each_broken_docstring_is_named_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "late.py"
    path.write_text('"""Times."""\n\n\nclass Clock:\n    """What is late."""\n', encoding="utf-8")

    assert docstring_rules.main([str(tmp_path)]) == 1
    assert f"{path}:5: What is late." in capsys.readouterr().out


def test_a_clean_folder_passes_silently(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "clean.py").write_text('"""Times."""\n', encoding="utf-8")

    assert docstring_rules.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""
