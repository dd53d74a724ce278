"""The outcome of reading one stream: complete, without some columns, set aside, or not permitted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_jobber.errors import one_line
from tap_jobber.wording import counted

if TYPE_CHECKING:
    from tap_jobber.errors import TapError


@dataclass
class LeftOut:
    """A column that rows came without.

    Attributes:
        cause: The reason, without a trailing full stop.
        count: How many of its values failed.
    """

    cause: str
    count: int = 0


@dataclass
class Outcome:
    """The outcome of one stream in this run; empty if the stream is complete.

    Attributes:
        failures: Errors for which it could not be read to its end; some rows may have been written.
        refusal: The error for which it may not be read at all.
        left_out: The columns that rows came without, by name.
    """

    failures: list[TapError] = field(default_factory=list)
    refusal: TapError | None = None
    left_out: dict[str, LeftOut] = field(default_factory=dict)

    @property
    def is_set_aside(self) -> bool:
        """True if the stream could not be read to its end."""
        return bool(self.failures)

    @property
    def is_partial(self) -> bool:
        """True if something of what the app may read is missing, so that no bookmark may move past it."""
        return self.is_set_aside or bool(self.left_out)

    @property
    def is_complete(self) -> bool:
        """True if every row was read with every column."""
        return not self.is_partial and self.refusal is None

    def remark(self) -> str:
        """Return the few words that the summary says about it; none if the stream is complete."""
        if self.is_set_aside:
            return f"set aside: {self._causes()}"
        if self.left_out:
            return f"without {', '.join(self.left_out)}"
        return "" if self.refusal is None else f"skipped: {self.refusal.cause}"

    def line(self, name: str) -> str | None:
        """Return the line that names what is missing, with cause and remedy; None if nothing is.

        Args:
            name: The stream.
        """
        if self.is_set_aside:
            causes = self._causes().removeprefix(f"{name}: ")
            return f"{name} was set aside, {causes}: {self.failures[0].remedy}"
        if self.left_out:
            columns = "; ".join(
                f"{column} ({counted(each.count, 'value')} failed: {one_line(each.cause)})"
                for column, each in self.left_out.items()
            )
            return f"{name} came without {columns}: run again; if it stays, deselect what fails"
        return None

    def _causes(self) -> str:
        return "; ".join(dict.fromkeys(each.cause for each in self.failures))
