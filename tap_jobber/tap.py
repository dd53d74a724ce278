"""What the tap offers: its settings, its flags and its streams."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from contextlib import contextmanager
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, ClassVar, NoReturn

import click
from singer_sdk import Stream, Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._flattening import FlatteningOptions
from singer_sdk.helpers._state import StateWriter
from singer_sdk.plugin_base import JSONSchemaValidator, _ConfigInput
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_jobber.batches import BatchWriter
from tap_jobber.cli import termination
from tap_jobber.cli.inputs import (
    JobberCommand,
    check_catalog,
    check_login_words,
    login_options,
    read_catalog,
    read_config,
    read_state,
)
from tap_jobber.config.environment import from_environment, listed
from tap_jobber.config.schema import SETTINGS, trimmed
from tap_jobber.config.sdk_schema import drop_bare_types
from tap_jobber.config.validation import complaints, remarks
from tap_jobber.errors import PartialRunError, RenewalError, TapError
from tap_jobber.messages import MessageWriter
from tap_jobber.state import ACCOUNTS, claim

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from types import FrameType

    from tap_jobber.connection import Connection
    from tap_jobber.extraction.extraction_run import ExtractionRun
    from tap_jobber.streams.base import JobberStream
    from tap_jobber.streams.custom import CustomStream

# What the streams need (the read schema, the extraction) is imported where it is first used, so that --version
# and --about stay as quick as those of a tap without streams.


_CONFIG_WORDS = "tap_jobber.config_words"


@contextmanager
def _warnings_only(logger: logging.Logger) -> Iterator[None]:
    """Keep what is no warning out of the log."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _is_of_interest(record: logging.LogRecord) -> bool:
    """True but for the SDK's line for each stream that is not selected: by default that would be half of a log."""
    return not str(record.msg).startswith("Skipping deselected stream")


class TapJobber(Tap):
    """Singer tap for Jobber, the software for home service businesses."""

    name = "tap-jobber"
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS
    message_writer_class = MessageWriter

    _is_syncing = False
    _is_stopped = False

    def __init__(
        self,
        *,
        config: Mapping[str, Any] | None = None,
        parse_env_config: bool = False,
        **kwargs: Any,
    ) -> None:
        settings = dict(config or {})
        if parse_env_config:
            self.append_builtin_config(self.config_jsonschema)
            settings.update(from_environment(self.config_jsonschema))
        given = {name: value for name, value in trimmed(settings).items() if value is not None}
        if "custom_streams" in given:
            given["custom_streams"] = listed(given["custom_streams"])
        if isinstance(given.get("stream_maps"), dict):
            # The SDK takes something out of it.
            given["stream_maps"] = dict(given["stream_maps"])
        with _warnings_only(self.logger):  # or the SDK says that it skips the environment, which has been read
            super().__init__(config=given, **kwargs)
        if "SINGER_SDK_LOG_CONFIG" not in os.environ and self.metrics_logger.level > logging.DEBUG:
            # They would repeat each stream's own lines.
            self.metrics_logger.setLevel(logging.WARNING)
        self.logger.addFilter(_is_of_interest)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        schema = self.config_jsonschema
        self.append_builtin_config(schema)
        # The validator also fills in the defaults, so it has to finish first.
        found = list(JSONSchemaValidator(schema).iter_errors(self._config))
        errors = [*complaints(self._config, found), *self._custom[1]]
        if errors and raise_errors:
            message = "the settings are not usable"
            raise ConfigValidationError(message, errors=errors, schema=schema)
        return errors

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the SDK's settings, without what is no JSON Schema in that of stream maps."""
        super().append_builtin_config(config_jsonschema)
        drop_bare_types(config_jsonschema["properties"]["stream_maps"])

    @override
    def setup_mapper(self) -> None:
        """Prepare what the SDK's settings make of rows, before anything is asked for.

        Raises:
            StreamMapConfigError: If stream maps or flattening cannot be used.
            TapError: If batch files cannot be written.
        """
        from tap_jobber.streams.writing import prepare

        # The SDK's own step, without the one that is for all streams of the catalog, read or not.
        super(Tap, self).setup_mapper()
        options = self.mapper.flattening_options
        self.flattening = options if options.enabled and options.max_level > 0 else None
        self.mapper.flattening_options = FlatteningOptions(enabled=False)
        streams: list[Any] = list(self.streams.values())
        prepare(self.mapper, streams, self.logger)
        if self.config.get("batch_config"):
            self.message_writer = BatchWriter(self.message_writer, self.config["batch_config"], self.name)
            self._state_writer = StateWriter(self.message_writer)

    @cached_property
    def _custom(self) -> tuple[list[type[CustomStream]], list[str]]:
        """The users' own streams, and what is wrong with them."""
        given = self._config.get("custom_streams")
        if given is None:
            return [], []
        from tap_jobber.streams import STREAMS
        from tap_jobber.streams.custom import declare

        return declare(given, [stream.name for stream in STREAMS])

    @cached_property
    def connection(self) -> Connection:
        """The connection to the account; nothing is sent before the first use."""
        from tap_jobber.connection import connect

        return connect(self.config, self.plugin_version)

    @cached_property
    def extraction(self) -> ExtractionRun:
        """Reads the account, once it is certain which one that is."""
        self.connection.settle()
        return self.connection.extraction

    @property
    @override
    def streams(self) -> dict[str, Stream]:
        """All streams by name; made without the SDK's line for each child stream."""
        if self._streams is not None:
            return self._streams
        with _warnings_only(self.logger):
            streams = super().streams
        for stream in streams.values():
            # The SDK knows one parent of a stream; custom fields have several.
            for owner in getattr(stream, "owners", ())[1:]:
                streams[owner.name].child_streams.append(stream)
        # In order of their names, but for those that tell which rows are left of what the others have brought.
        self._streams = dict(sorted(streams.items(), key=lambda each: getattr(each[1], "comes_last", False)))
        return self._streams

    @override
    def discover_streams(self) -> Sequence[JobberStream]:
        """One of each stream; needs no network, and of the settings only custom streams.

        Raises:
            ConfigValidationError: If these are not usable.
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
        """Take over a state; the SDK takes bookmarks alone."""
        super().load_state(state)
        own: Any = self.state
        if ACCOUNTS in state:
            own[ACCOUNTS] = dict(state[ACCOUNTS])

    @override
    def _reset_state_progress_markers(self) -> None:
        """Begin a sync: before any message is written, see that the state is of the account that is read.

        Raises:
            TapError: If it is of another, or the connection does not work.
        """
        if any(stream.selected for stream in self.streams.values()):
            state: Any = self.state
            claim(state, self.connection.settle())
        super()._reset_state_progress_markers()

    def noted(self, *, is_sync: bool = True) -> AbstractContextManager[None]:
        """Note in the token store how a run or a test ends."""
        from tap_jobber.cli.sync_history import noted

        return noted(self, is_sync=is_sync)

    def finish(self) -> None:
        """Say what each stream brought and what it cost, and what is missing.

        Raises:
            PartialRunError: If something of some streams could not be read.
            RenewalError: If not one of the selected streams may be read.
        """
        from tap_jobber.cli.summary import summary_lines

        read: list[Any] = [stream for stream in self.streams.values() if stream.selected]
        for line in summary_lines(read):
            self.logger.info("%s", line)
        lines = {stream.name: line for stream in read if (line := stream.outcome.line(stream.name)) is not None}
        if lines:
            raise PartialRunError(lines)
        refusals = [stream.outcome.refusal for stream in read if stream.outcome.refusal is not None]
        if refusals and len(refusals) == len(read):
            cause = f"none of the selected streams could be read ({refusals[0].cause})"
            raise RenewalError(cause, "give the app their scopes in Jobber's Developer Center and authorise it again")

    @override
    def _setup_signal_handlers(self) -> None:
        termination.handle(self._handle_termination)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """End with the state so far and a status that says so: the SDK's 0 would claim a complete run."""
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

    # Command line

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        """The SDK's command with --test=credentials, and with errors of one line."""
        command = super().get_singer_command()
        for option in command.params:
            if option.name == "test" and isinstance(option, click.Option):
                option.help = (
                    "Test the credential, then sync a single record of each stream that is selected by default. "
                    "--test=credentials tests the credential only, --test=schema writes all schemas without any "
                    "connection."
                )
        return JobberCommand(
            name=command.name,
            callback=command.callback,
            params=[*command.params, *login_options()],
            context_settings=command.context_settings,
            help="Copy a Jobber account to the standard output, as Singer messages.",
            logger=cls.logger,
        )

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> _ConfigInput:
        """Read the config files."""
        ctx.meta[_CONFIG_WORDS] = [word for path in value for word in ("--config", path)]
        config, is_from_environment = read_config(value)
        return _ConfigInput(config=config, parse_env=is_from_environment)

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Test the credential, then read one record of each stream."""
        if value in {CliTestOptionValue.Disabled.value, CliTestOptionValue.Schema.value}:
            super().cb_test(ctx, param, value)
            return
        if value not in {CliTestOptionValue.All.value, "credentials"}:
            raise TapError(f"--test={value} is not known", "use --test, --test=credentials or --test=schema")
        from tap_jobber.connection import check_credential

        given: _ConfigInput = ctx.params.get("config") or _ConfigInput()
        tap = cls(config=given.config, parse_env_config=given.parse_env)
        scopes = [(each.name, _scope_of(each)) for each in tap.streams.values() if each.selected]
        with tap.noted(is_sync=False):
            check_credential(tap.connection, tap.config["credential_test_query"], scopes)
            if value == CliTestOptionValue.All.value:
                # The SDK would select all streams, also those that few accounts have.
                tap.run_sync_dry_run(streams=[stream for stream in tap.streams.values() if stream.selected])
                tap.finish()
        ctx.exit()

    @classmethod
    @override
    def invoke(
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
        login: bool = False,
        credentials: bool = False,
        **login_words: Any,
    ) -> None:
        """Sync, or do what another flag asks for."""
        if about:
            cls.print_about(about_format)
            return
        check_login_words(login_words, is_login=login, is_listing=credentials)
        if login:
            cls.log_in(config or _ConfigInput(), login_words)
            return
        if credentials:
            cls.list_credentials(config or _ConfigInput())
            return
        cls.print_version(print_fn=cls.logger.info)
        given = config or _ConfigInput()
        tap = cls(
            config=given.config,
            parse_env_config=given.parse_env,
            state=read_state(state),
            catalog=read_catalog(catalog),
        )
        if catalog is not None:
            check_catalog(catalog.name, tap.catalog, tap.streams)
        for line in remarks(tap.config, time.time()):
            cls.logger.warning("%s", line)
        tap._is_syncing = True
        with tap.noted():
            tap.sync_all()
            tap.finish()

    @classmethod
    def log_in(cls, given: _ConfigInput, chosen: Mapping[str, Any]) -> None:
        """Connect to an account. What it says goes to the standard output, which no message goes to meanwhile."""
        from tap_jobber.cli.login import LoginOptions, log_in, next_steps
        from tap_jobber.credentials.stores.location import open_store

        tap = cls(config=given.config, parse_env_config=given.parse_env)
        options = LoginOptions(
            no_browser=chosen["no_browser"],
            replace_installer=chosen["replace_installer"],
            name=chosen["name"],
            description=chosen["description"],
            timeout_seconds=chosen["login_timeout"],
        )
        settled = log_in(tap.config, tap.plugin_version, options, say=click.echo)
        if settled.decision.accepts_new_tokens:
            click.echo(f"{settled.line}.")
        else:
            cls.logger.warning("%s", settled.line)
        words = click.get_current_context().meta[_CONFIG_WORDS]
        click.echo(next_steps(settled, words, open_store(tap.config.get("token_store")).label))

    @classmethod
    def list_credentials(cls, given: _ConfigInput) -> None:
        """Print what the token store holds; needs no setting but where it is."""
        from tap_jobber.cli.credentials_list import listing
        from tap_jobber.credentials.stores.location import open_store

        tap = cls(config=given.config, parse_env_config=given.parse_env, validate_config=False, setup_mapper=False)
        store = open_store(tap.config.get("token_store"))
        records = store.records(tap.config.get("client_id"), decrypt=False)
        click.echo("\n".join(listing(records, store.label)))


def _scope_of(stream: Stream) -> str | None:
    """The scope that a stream needs, its parent's if it is a list of that."""
    scope: str | None = getattr(stream, "scope", None) or getattr(stream.parent_stream_type, "scope", None)
    return scope
