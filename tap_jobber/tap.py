"""The tap as the SDK sees it: its settings, its streams and the hooks around a sync."""

from __future__ import annotations

import logging
import os
import signal
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from singer_sdk import Stream, Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._flattening import FlatteningOptions
from singer_sdk.helpers._state import StateWriter
from singer_sdk.plugin_base import JSONSchemaValidator
from typing_extensions import override

from tap_jobber.batches import BatchWriter
from tap_jobber.config.schema import SETTINGS, drop_bare_types
from tap_jobber.config.settings import Settings, merged
from tap_jobber.config.validation import config_errors
from tap_jobber.errors import TapError
from tap_jobber.messages import DiscardingWriter, MessageWriter
from tap_jobber.process import termination
from tap_jobber.process.log_filter import keep_out_noise, warnings_only
from tap_jobber.state import ACCOUNTS, VERSION, claim, drop_future_bookmarks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

    from tap_jobber.connection import Connection
    from tap_jobber.extraction.extraction_run import ExtractionRun
    from tap_jobber.streams.complete_reads import CompleteReads
    from tap_jobber.streams.custom import CustomStream
    from tap_jobber.streams.jobber_stream import JobberStream

# What the streams need (the read schema, the extraction) is imported where it is first used, so that --version
# and --about stay as quick as those of a tap without streams.


class TapJobber(Tap):
    """Singer tap for Jobber, the software for home service businesses."""

    name = "tap-jobber"
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS
    message_writer_class = MessageWriter

    reading: str | None = None
    """The stream whose walk is under way."""
    _is_syncing = False
    _is_stopped = False

    def __init__(
        self,
        *,
        config: Mapping[str, Any] | None = None,
        parse_env_config: bool = False,
        **kwargs: Any,
    ) -> None:
        if parse_env_config:
            self.append_builtin_config(self.config_jsonschema)
        given = merged(config or {}, self.config_jsonschema if parse_env_config else None)
        keep_out_noise(self.logger)
        with warnings_only(self.logger):  # or the SDK says that it skips the environment, which has been read
            super().__init__(config=given, **kwargs)
        # Meltano always brings a configuration of its own, and shows metrics without the stream that they are of.
        is_customized = "SINGER_SDK_LOG_CONFIG" in os.environ and "MELTANO_EXTRACTOR_NAME" not in os.environ
        if not is_customized and self.metrics_logger.level > logging.DEBUG:
            # Metrics would repeat the summary that each stream logs.
            self.metrics_logger.setLevel(logging.WARNING)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        schema = self.config_jsonschema
        self.append_builtin_config(schema)
        # The validator also fills in the defaults, so it has to finish first.
        found = list(JSONSchemaValidator(schema).iter_errors(self._config))
        errors = [*config_errors(self._config, found), *self._custom[1]]
        if errors and raise_errors:
            message = "the settings are not usable"
            raise ConfigValidationError(message, errors=errors, schema=schema)
        return errors

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the SDK's settings, and mend its JSON Schema of `stream_maps`."""
        super().append_builtin_config(config_jsonschema)
        drop_bare_types(config_jsonschema["properties"]["stream_maps"])

    @override
    def setup_mapper(self) -> None:
        """Prepare stream maps, flattening and batch files, before anything is read.

        Raises:
            StreamMapConfigError: If stream maps or flattening cannot be used.
            TapError: If batch files cannot be written.
        """
        from tap_jobber.streams.writing import prepare

        # Skips the step of `Tap` that registers all streams of the catalog, selected or not.
        super(Tap, self).setup_mapper()
        options = self.mapper.flattening_options
        self.flattening = options if options.enabled and options.max_level > 0 else None
        self.mapper.flattening_options = FlatteningOptions(enabled=False)
        streams: list[Any] = list(self.streams.values())
        prepare(self.mapper, streams, self.logger)
        if self.settings.batch_config:
            self.message_writer = BatchWriter(self.message_writer, self.settings.batch_config, self.name)
            self._state_writer = StateWriter(self.message_writer)

    def discard_messages(self) -> None:
        """Write no messages from now on."""
        self.message_writer = DiscardingWriter()
        self._state_writer = StateWriter(self.message_writer)

    @cached_property
    def _custom(self) -> tuple[list[type[CustomStream]], list[str]]:
        """The classes of the custom streams, and the errors in their settings."""
        if self.settings.custom_streams is None:
            return [], []
        from tap_jobber.streams import STREAMS
        from tap_jobber.streams.complete_reads import NAME as COMPLETE_READS
        from tap_jobber.streams.custom import declare
        from tap_jobber.streams.writing import ACCOUNT_ID, EXTRACTED_AT

        taken = [stream.name for stream in STREAMS] + [COMPLETE_READS] * self.settings.add_read_times
        streams, errors = declare(self.settings.custom_streams, taken)
        wanted = {ACCOUNT_ID: self.settings.add_account_id, EXTRACTED_AT: self.settings.add_read_times}
        errors += [
            f"custom stream {stream.name} has a column {column}: give it another alias, since a setting adds one of "
            "that name"
            for stream in streams
            for column, is_wanted in wanted.items()
            if is_wanted and column in stream.derived_schema()["properties"]
        ]
        return streams, errors

    @cached_property
    def settings(self) -> Settings:
        """The validated settings."""
        return Settings.from_config(self.config)

    @cached_property
    def connection(self) -> Connection:
        """The connection to the account; nothing is sent before the first use."""
        from tap_jobber.connection import connect

        return connect(self.settings, self.plugin_version)

    @cached_property
    def extraction(self) -> ExtractionRun:
        """The reading side of the connection, once it is certain which account that is."""
        self.connection.settle()
        return self.connection.extraction

    @cached_property
    def account_id(self) -> str:
        """The id of the account that is read."""
        return self.connection.settle().id

    @cached_property
    def read_version(self) -> int:
        """The version of the reads that begin in this run; the state tells it the next one."""
        from tap_jobber.streams.versions import take_version

        state: Any = self.state
        return take_version(state, self.initialized_at)

    @cached_property
    def complete_reads(self) -> CompleteReads:
        """The table of complete reads."""
        from tap_jobber.streams.complete_reads import CompleteReads

        return CompleteReads(self)

    @property
    @override
    def streams(self) -> dict[str, Stream]:
        """All streams by name, those with `comes_last` last."""
        if self._streams is not None:
            return self._streams
        with warnings_only(self.logger):  # or the SDK logs a line for each child stream
            streams = super().streams
        for stream in streams.values():
            # The SDK knows one parent of a stream; custom fields have several.
            for owner in getattr(stream, "owners", ())[1:]:
                streams[owner.name].child_streams.append(stream)
        self._streams = dict(sorted(streams.items(), key=lambda each: getattr(each[1], "comes_last", False)))
        return self._streams

    @property
    def selected_streams(self) -> list[JobberStream]:
        """The streams that are read."""
        streams: list[Any] = [stream for stream in self.streams.values() if stream.selected]
        return streams

    @override
    def discover_streams(self) -> Sequence[JobberStream]:
        """Return one of each stream; this needs no network, and of the settings only `custom_streams`.

        Raises:
            ConfigValidationError: If the custom streams are not usable.
        """
        from tap_jobber.streams import STREAMS

        custom, errors = self._custom
        if errors:
            message = "the custom streams are not usable"
            raise ConfigValidationError(message, errors=errors)
        every: tuple[type[JobberStream], ...] = (*STREAMS, *custom)
        return [stream(self) for stream in every]

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        """Load a state, with the accounts that it names and its version; the SDK loads only bookmarks."""
        super().load_state(state)
        own: Any = self.state
        if ACCOUNTS in state:
            own[ACCOUNTS] = dict(state[ACCOUNTS])
        if VERSION in state:
            own[VERSION] = state[VERSION]

    @override
    def _reset_state_progress_markers(self) -> None:
        """Begin a sync: check, before any message is written, that the state belongs to the account that is read.

        Raises:
            TapError: If it belongs to another, or the connection does not work.
        """
        self._is_syncing = True
        if self.selected_streams:
            state: Any = self.state
            claim(state, self.connection.settle())
            drop_future_bookmarks(state, self.connection.extraction.clock.is_future)
        super()._reset_state_progress_markers()

    @override
    def _setup_signal_handlers(self) -> None:
        termination.handle(self._handle_termination)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Write the state so far, and exit with the status of the signal; the SDK's 0 would claim a complete run."""
        if self._is_stopped:
            return
        self._is_stopped = True
        if isinstance(self.message_writer, MessageWriter):
            self.message_writer.after_message(lambda: self._stop(signum))
        else:
            self._stop(signum)

    def _stop(self, signum: int) -> NoReturn:
        if self._is_syncing and self.state:
            try:
                self.state_writer.write_state(self.state)
            except TapError as error:  # the target may have been stopped, too
                self.logger.warning("%s", error)
        self.logger.warning("Stopped by %s", signal.Signals(signum).name)
        sys.exit(termination.status_of(signum))
