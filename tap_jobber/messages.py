"""Writes Singer messages whole, whatever signal comes while one is being written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.contrib.msgspec import MsgSpecWriter
from typing_extensions import override

from tap_jobber.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from singer_sdk.singerlib.encoding.simple import Message


class MessageWriter(MsgSpecWriter):
    """The SDK's fast writer, which a signal handler can ask to finish its message first."""

    def __init__(self) -> None:
        super().__init__()
        self._is_writing = False
        self._then: Callable[[], None] | None = None

    @override
    def write_message(self, message: Message) -> None:
        """Write a message to the standard output.

        Raises:
            OutputError: If it cannot be written, and no signal has asked for the end anyway.
        """
        self.whole(self.put, message)

    def whole(self, write: Callable[..., None], *given: Message) -> None:
        """Call what writes something, and after it whatever a signal has asked for meanwhile.

        Args:
            write: What writes.
            given: What it is called with.

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
        """Write a message, or what stands for it, while signals wait."""
        super().write_message(message)

    def flush(self) -> None:
        """Write what is held back, which is nothing here."""

    def after_message(self, then: Callable[[], None]) -> None:
        """Call something once no message is half written: now, or when the present one is out."""
        if self._is_writing:
            self._then = then
        else:
            then()
