"""Writes Singer messages whole, also when a signal comes in the middle of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter
from typing_extensions import override

from tap_jobber.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from singer_sdk.singerlib.encoding.simple import Message


class MessageWriter(MsgSpecWriter):
    """The SDK's fast writer; a signal handler can let it finish its message first."""

    def __init__(self) -> None:
        super().__init__()
        self._is_writing = False
        self._then: Callable[[], None] | None = None

    @property
    def is_writing(self) -> bool:
        """True while a message is being written."""
        return self._is_writing

    @override
    def write_message(self, message: Message) -> None:
        """Write a message to the standard output.

        Raises:
            OutputError: If it cannot be written, and no signal has asked for the end anyway.
        """
        self.whole(self.put, message)

    def whole(self, write: Callable[..., None], *given: Message) -> None:
        """Write something, and then do what a signal has asked for meanwhile.

        Args:
            write: The function that writes.
            given: Its arguments.

        Raises:
            OutputError: If that cannot be written, and no signal has asked for the end anyway.
        """
        self._is_writing = True
        try:
            write(*given)
        except OutputError:
            # What sent the signal to this process may have sent it to the target, too.
            if self._then is None:
                raise
        finally:
            self._is_writing = False
        if self._then is not None:
            then, self._then = self._then, None
            then()

    def put(self, message: Message) -> None:
        """Write a message, or store its row for a batch file, while signals wait."""
        super().write_message(message)

    def flush(self) -> None:
        """Write rows that are held back; this writer holds none."""

    def after_message(self, then: Callable[[], None]) -> None:
        """Call a function once no message is half written: now, or when the present one is out."""
        if self._is_writing:
            self._then = then
        else:
            then()


class DiscardingWriter(MessageWriter):
    """A writer that writes nothing."""

    @override
    def put(self, message: Message) -> None:
        """Do nothing."""
