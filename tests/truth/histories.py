"""An account that is read again and again, and what a target holds of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.truth.account import Time
from tests.truth.changes import Meddler, populated, row_plans, steps
from tests.truth.expectations import emitted
from tests.truth.groups import GROUPS, Group
from tests.truth.reading import Outcome, Server, catalog_of, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.truth.account import Key, Truth, Value


@dataclass
class Loaded:
    """The rows of a target that understands ACTIVATE_VERSION.

    Attributes:
        rows: Of each row the value, the version and when it was last written.
    """

    rows: dict[Key, tuple[Value, Any, float]] = field(default_factory=dict)
    dropped: set[Key] = field(default_factory=set)

    def load(self, group: Group, outcome: Outcome, now: float) -> None:
        """Take the messages of a run, in their order."""
        written = iter(emitted(group, outcome, group.names))
        for message in outcome.messages:
            if message["type"] == "RECORD":
                key, value = next(written)
                self.rows[key] = (value, message.get("version"), now)
            elif message["type"] == "ACTIVATE_VERSION":
                name, version = message["stream"], message["version"]
                for key in [
                    key for key, each in self.rows.items() if key[0] == name and (each[1] is None or each[1] < version)
                ]:
                    del self.rows[key]
                    self.dropped.add(key)


class History:
    """An account that is read every now and then.

    Args:
        name: The group of streams.
        seed: What happens to it.
        rows: How many rows it begins with.
    """

    def __init__(self, name: str, seed: str, rows: int) -> None:
        self.group = GROUPS[name]
        self.account = populated(Time(), self.group, row_plans(f"{name} {seed}", rows))
        self.state: dict[str, Any] | None = None
        self.target = Loaded()
        self.streams = [self.group.root, *(child.stream for child in self.group.lists)]

    @property
    def now(self) -> float:
        """The server's time."""
        return self.account.time.server()

    @property
    def truth(self) -> Truth:
        """The rows of the account now."""
        return self.account.truth(self.group)

    def sync(
        self,
        selected: Sequence[str] | None = None,
        last_message: int | None = None,
        meddler: Meddler | None = None,
        catalog: Mapping[str, Any] | None = None,
        **settings: object,
    ) -> Outcome:
        """Read the account and load what comes.

        Args:
            selected: The streams to select; all of the group if not given.
            last_message: Kill the run when it has written so many messages.
            meddler: What changes the account meanwhile.
            catalog: The catalog, if it is another than the one that selects these streams.
            settings: Settings of the tap.
        """
        now = self.now
        outcome = run(
            Server(self.account, meddler) if meddler is not None else Server(self.account),
            self.streams,
            catalog or self.catalog(selected),
            self.state,
            last_message,
            **{"emit_activate_version_messages": True, **settings},
        )
        self.state = outcome.states[-1] if outcome.states else self.state
        self.target.load(self.group, outcome, now)
        return outcome

    def catalog(self, selected: Sequence[str] | None = None) -> dict[str, Any]:
        """Return a catalog that selects some streams; all of the group if none are given."""
        return catalog_of(self.streams, self.group.names if selected is None else selected, self.group.columns)

    def change(self, seed: str, count: int) -> None:
        """Change some rows."""
        meddler = Meddler(self.account, self.group, steps(seed, count))
        for each in range(1, 1 + len(meddler.schedule)):
            meddler(each)
