"""The end of a pipeline: what its exit status asks for, what is shown of its report, and what its checks say."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

COMPLETE, PARTIAL, TRY_LATER, SIGNALLED = 0, 4, 75, 128
READ_STATUSES = {"complete", "partial"}
"""Statuses in the report of tables whose rows were read to their end."""

_ERROR_LINE = re.compile(r"^\S+ \S+ \| (?:ERROR|CRITICAL) +\| \S+ +\| (?P<text>.*)$")


class Verdict(Enum):
    """The way to go on after the end of a run."""

    SUCCESS = "success"
    RETRY = "retry"
    CALL = "call"
    """No retry helps: a person has to act."""


@dataclass(frozen=True)
class Ending:
    """The end of a pipeline.

    Attributes:
        status: Its exit status.
        report: The tap's report; None if there is none.
        line: The last error line of its log.
    """

    status: int
    report: Mapping[str, Any] | None
    line: str = ""

    @property
    def verdict(self) -> Verdict:
        """The way to go on: 75 and signals are tried again, since a run that was stopped goes on from where it was."""
        if self.status in {COMPLETE, PARTIAL}:
            return Verdict.SUCCESS
        return Verdict.RETRY if self.status == TRY_LATER or self.status > SIGNALLED else Verdict.CALL

    @property
    def words(self) -> str:
        """Cause and remedy, in the words of tap and pipeline."""
        errors = list(self.report["errors"]) if self.report else []
        # A log begins its lines with a capital letter.
        if self.line and not any(self.line.casefold() in each.casefold() for each in errors):
            errors.append(self.line)
        return "; ".join(errors) or f"ended with status {self.status}: see the log"

    @property
    def tables(self) -> dict[str, Mapping[str, Any]]:
        """The tables of the report."""
        return {each["name"]: each for each in self.report["streams"]} if self.report else {}

    @property
    def lacking(self) -> list[str]:
        """The tables that a run that ended well did not bring whole, also those that the app may not read."""
        if self.verdict is not Verdict.SUCCESS:
            return []
        return [name for name, each in self.tables.items() if each["is_selected"] and each["status"] != "complete"]

    @property
    def account_name(self) -> str | None:
        """The account's name, if the run came to know it."""
        account = self.report["account"] if self.report else None
        return account["name"] if account else None

    @property
    def outcome(self) -> str:
        """A few words for the list of runs."""
        if self.lacking:
            return f"{'partial' if self.status == PARTIAL else 'complete but for'}: {', '.join(self.lacking)}"
        names = {COMPLETE: "complete", PARTIAL: "partial", TRY_LATER: "try later", 77: "connect again", 1: "mend"}
        return names.get(self.status, f"status {self.status}")


def last_error(lines: Iterable[str]) -> str:
    """Return the text of the last error line of a log; empty if there is none.

    ```
    2026-03-02 02:04:10,118 | CRITICAL | tap-jobber           | The app was disconnected: connect it again
    ```
    """
    found = [match["text"] for line in lines if (match := _ERROR_LINE.match(line.rstrip("\n")))]
    return found[-1] if found else ""


def metadata(table: Mapping[str, Any]) -> dict[str, int | float | str]:
    """Return what is shown of one table of a report."""
    bookmark = table["bookmark"]
    shown = {
        "rows": table["rows"],
        "points": table["points"],
        "requests": table["requests"],
        "waited_seconds": float(table["waited_seconds"]),
        "bookmark_before": bookmark["before"],
        "bookmark_after": bookmark["after"],
        "history_read_until": table["history_read_until"],
        "columns_left_out": ", ".join(each["column"] for each in table["columns_left_out"]) or None,
        "problem": table["problem"],
    }
    return {name: value for name, value in shown.items() if value is not None}


def lacks(table: Mapping[str, Any]) -> str:
    """Return what a table lacks after a run that came to its end; empty if it is complete."""
    if table["status"] == "complete":
        return ""
    if table["problem"]:
        return str(table["problem"])
    columns = [f"{each['column']} ({each['cause']})" for each in table["columns_left_out"]]
    return f"columns left out: {', '.join(columns)}" if columns else str(table["status"])


def is_read_whole(table: Mapping[str, Any]) -> bool:
    """Return True if all rows that the account has were to come, not those alone that are new."""
    return table["bookmark"]["before"] is None and table["resync"] is None
