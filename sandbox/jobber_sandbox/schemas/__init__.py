"""SDL files of the read side of Jobber's GraphQL API, each named by its version."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
DEFAULT = FOLDER / "2026-07-27.graphql"
"""The file that is served unless another is chosen."""


def names() -> list[str]:
    """Return the names of all files here, oldest first."""
    return sorted(path.stem for path in FOLDER.glob("*.graphql"))


def schema_file(name_or_path: str) -> Path:
    """Return the SDL file for the name of one here, or for a path.

    Raises:
        FileNotFoundError: It is neither.
    """
    path = FOLDER / f"{name_or_path}.graphql" if name_or_path in names() else Path(name_or_path)
    if not path.is_file():
        msg = f"{name_or_path} is neither a file nor one of {', '.join(names())}"
        raise FileNotFoundError(msg)
    return path
