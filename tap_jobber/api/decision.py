"""The words of the table of answers: a reply, and the decisions that can follow from it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_jobber.errors import ExitStatus

if TYPE_CHECKING:
    from tap_jobber.api.stated_cost import Cost
    from tap_jobber.api.unknown_names import Strike


class Action(enum.Enum):
    """Actions that a reply can lead to."""

    DELIVER = "deliver its data"
    RETRY = "send the query again after a growing pause"
    REFRESH = "get another access token, then send the query again"
    WAIT = "wait until the bucket holds the price, then send the query again"
    SHRINK = "ask for less: the price can never fit the bucket"
    STRIKE = "leave out what this version of the API does not know"
    PART = "send the query again a few times, then do without the fields that fail"
    SKIP = "skip the stream: the app may not read it"
    STOP = "stop: only a person can mend it"


class Reach(enum.Enum):
    """How much of a run a lasting failure concerns."""

    QUERY = "the query: the stream that it reads cannot be read, others can"
    CONNECTION = "the connection: no query would be answered"
    UNKNOWN = "either; the least query that there is, sent next, tells which"


@dataclass(frozen=True)
class Reply:
    """A reply as it came over the wire.

    Attributes:
        status: The HTTP status.
        content_type: The header of that name, or nothing.
        body: The JSON value of the body; None if it is none.
        replaced: Number of its characters that could not be read, so that U+FFFD stands for them.
        text: The body's first characters, for messages.
        retry_after_seconds: The pause that a `Retry-After` header asks for.
    """

    status: int
    content_type: str
    body: Any
    text: str = ""
    replaced: int = 0
    retry_after_seconds: float | None = None


@dataclass(frozen=True)
class FailedField:
    """One field that failed while the query ran, as an entry of `errors` names it.

    Attributes:
        path: The keys and positions that lead to it in `data`; nothing where the error names none.
        message: The server's message.
    """

    path: tuple[str | int, ...]
    message: str

    @property
    def is_not_found(self) -> bool:
        """True if what was asked for does not exist, which asking again does not change."""
        return self.message.lower().endswith("not found")

    def __str__(self) -> str:
        """Return its name in messages: its path without positions in lists."""
        return ".".join(step for step in self.path if isinstance(step, str) and step not in {"nodes", "edges", "node"})


@dataclass(frozen=True)
class Decision:
    """The decision on a reply.

    Attributes:
        action: The action to take.
        cause: The reason, for messages; empty when all is well.
        remedy: A remedy that a person can apply, if there is one.
        hidden: Paths of values that are null because the app or its user may not see them.
        strikes: Things that the served version does not know.
        failed: Fields that failed while the query ran.
        cost: The price and the bucket, where the reply states them.
        pause_seconds: The least pause that the reply asks for.
        is_free: True if Jobber has certainly charged nothing for the query.
        reach: How much of the run fails, once the action is of no use.
        exit_status: The exit status of the run, if the connection fails.
        may_be_size: True if a smaller query may well be answered, because this one took too long or broke.
    """

    action: Action
    cause: str = ""
    remedy: str = ""
    hidden: tuple[str, ...] = ()
    strikes: tuple[Strike, ...] = ()
    failed: tuple[FailedField, ...] = ()
    cost: Cost | None = None
    pause_seconds: float | None = None
    is_free: bool = False
    reach: Reach = Reach.UNKNOWN
    exit_status: ExitStatus = ExitStatus.TRY_LATER
    may_be_size: bool = False
