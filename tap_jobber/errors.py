"""The one kind of error that a user of the tap is meant to read, and how foreign text fits into its line."""

from __future__ import annotations


class TapError(Exception):
    """Something the user can mend: one line that names the cause and the remedy.

    Args:
        cause: What is wrong, without a trailing full stop and without any secret.
        remedy: What to do about it, in the imperative, without a trailing full stop.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(" ".join(f"{cause}: {remedy}".split()))
        self.cause = cause
        self.remedy = remedy


def one_line(text: str, limit: int = 300) -> str:
    """A foreign text on one line, cut to a readable length."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
