"""The command `tap-jobber`: what each flag does."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import IO, TYPE_CHECKING, Any

import click
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_jobber.cli.about import about_text
from tap_jobber.cli.inputs import check_catalog, given_catalog, read_catalog, read_config, read_state
from tap_jobber.cli.one_line_errors import OneLineCommand
from tap_jobber.cli.options import LoginOptions, check_options, own_options
from tap_jobber.cli.summary import finish
from tap_jobber.config.environment import misspelt
from tap_jobber.config.validation import config_warnings
from tap_jobber.errors import TapError
from tap_jobber.process import terminal_log
from tap_jobber.process.log_filter import name_streams
from tap_jobber.tap import TapJobber

if TYPE_CHECKING:
    from collections.abc import Callable

    from singer_sdk import Stream

    from tap_jobber.cli.report import RunReport

# What a run or a log-in needs is imported where it is first used, so that --version and --about stay as quick as those
# of a tap without streams.

_CONFIG_WORDS = "tap_jobber.config_words"
_ABOUT_FORMATS = ("json", "markdown")
_HELP = {
    "test": "Test the credential, then sync a single record of each stream that the catalog or the tap selects. "
    "--test=credentials tests the credential only, --test=schema writes all schemas without any connection.",
    "about_format": "Output style of --about, json for --credentials and --estimate, or meltano for --credentials.",
}


class CommandLine(TapJobber):
    """The tap with the SDK's hooks for its command line."""

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        """Return the SDK's command with the tap's own options, and with errors of one line."""
        terminal_log.prepare(os.environ)
        command = super().get_singer_command()
        for option in command.params:
            if isinstance(option, click.Option):
                option.help = _HELP.get(str(option.name), option.help)
            if option.name == "about_format":
                option.type = click.Choice([*_ABOUT_FORMATS, "meltano"])
        return OneLineCommand(
            name=command.name,
            callback=command.callback,
            params=[*command.params, *own_options()],
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
        from tap_jobber.cli.credential_check import check_credential
        from tap_jobber.cli.run_progress import shown
        from tap_jobber.cli.sync_history import noted

        tap = cls._made_with(ctx.params.get("config"), given_catalog(ctx))
        selected = tap.selected_streams
        if not selected:
            raise TapError("no stream is selected, so there is nothing to test", "select streams in the catalog")
        with noted(tap, is_sync=False):
            check_credential(
                tap.connection, tap.settings.credential_test_query, [(each.name, _scope_of(each)) for each in selected]
            )
            if value == CliTestOptionValue.All.value:
                if sys.stdout.isatty():
                    # A person is looking, and the messages would bury what the test says.
                    tap.discard_messages()
                # The SDK would select all streams, also those that few accounts have.
                name_streams(tap.streams, lambda: tap.reading)
                with shown(tap, has_messages=False):
                    tap.run_sync_dry_run(streams=selected)
                tap.reading = None
                finish(tap, is_test=True)
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
        estimate: bool = False,
        report: str | None = None,
        loader: str | None = None,
        **login_options: Any,
    ) -> None:
        """Sync, or do what another flag asks for."""
        if about:
            _check_format("--about", about_format, *_ABOUT_FORMATS)
            if about_format is None:
                click.echo(about_text(cls._get_about_info()))
            else:
                cls.print_about(about_format)
            return
        check_options(login_options, {"--login": login, "--credentials": credentials, "--estimate": estimate})
        if loader is not None and not (credentials and about_format == "meltano"):
            raise TapError("--loader is for a list of Meltano plugins", "add --credentials --format=meltano")
        if login:
            cls.log_in(config, LoginOptions.from_click(login_options))
        elif credentials:
            cls.list_credentials(config, about_format, loader)
        elif estimate:
            cls.estimate(config, catalog, about_format)
        else:
            from tap_jobber.cli.report import reported

            with reported(report, config) as run_report:
                cls.sync(config, state, catalog, run_report)

    @classmethod
    def sync(
        cls, config: _ConfigInput | None, state: IO[str] | None, catalog: IO[str] | None, report: RunReport
    ) -> None:
        """Read the selected streams, and note in the token store how that ends."""
        from tap_jobber.cli.run_progress import shown
        from tap_jobber.cli.sync_history import noted

        cls.print_version(print_fn=cls.logger.info)
        tap = cls._made_with(config, catalog, follow=report.follow, state=read_state(state))
        for line in config_warnings(tap.settings, time.time()):
            cls.logger.warning("%s", line)
        name_streams(tap.streams, lambda: tap.reading)
        with noted(tap):
            with shown(tap, has_messages=sys.stdout.isatty()):
                tap.sync_all()
            tap.reading = None
            finish(tap)

    @classmethod
    def log_in(cls, config: _ConfigInput | None, options: LoginOptions) -> None:
        """Connect to an account; no message is written meanwhile, so the standard output can talk to the person."""
        from tap_jobber.cli.login import log_in, next_steps
        from tap_jobber.credentials.stores.location import open_store

        tap = cls._made(config)
        settled = log_in(tap.settings, tap.plugin_version, options, say=click.echo)
        if settled.decision.accepts_new_tokens:
            click.echo(f"{settled.line}.")
        else:
            cls.logger.warning("%s", settled.line)
        words = click.get_current_context().meta[_CONFIG_WORDS]
        click.echo(next_steps(settled, words, open_store(tap.settings.token_store).label))

    @classmethod
    def list_credentials(cls, config: _ConfigInput | None, output_format: str | None, loader: str | None) -> None:
        """Print the connections in the token store; needs no setting but the store's.

        Raises:
            TapError: If the store cannot be read, or the list has no such format.
        """
        from tap_jobber.cli.credentials_json import connections_json
        from tap_jobber.cli.credentials_list import listing
        from tap_jobber.cli.credentials_meltano import LOADER, meltano_text
        from tap_jobber.credentials.stores.location import open_store

        _check_format("--credentials", output_format, "json", "meltano")
        settings = cls._made(config, validate_config=False, setup_mapper=False).settings
        store = open_store(settings.token_store)
        records = store.records(settings.client_id or None, decrypt=False)
        if output_format is None:
            click.echo("\n".join(listing(records, store.label)))
        elif output_format == "meltano":
            click.echo(meltano_text(records, loader or LOADER))
        else:
            click.echo(connections_json(records, time.time()))

    @classmethod
    def estimate(cls, config: _ConfigInput | None, catalog: IO[str] | None, output_format: str | None) -> None:
        """Print what the selected streams will cost; no message is written meanwhile.

        Raises:
            TapError: If the connection does not work, or the estimate has no such format.
        """
        from tap_jobber.cli.estimate_command import estimate_run
        from tap_jobber.cli.estimate_table import estimate_json, estimate_text
        from tap_jobber.cli.sync_history import noted

        _check_format("--estimate", output_format, "json")
        tap = cls._made_with(config, catalog)
        with noted(tap, is_sync=False):
            account, found = tap.connection.settle(), estimate_run(tap)
        limits = tap.extraction.rate_limiter
        if output_format == "json":
            click.echo(estimate_json(found, account, limits))
        else:
            click.echo(estimate_text(found, account, limits, min(100, shutil.get_terminal_size().columns)))

    @classmethod
    def _made(cls, config: _ConfigInput | None, **kwargs: Any) -> CommandLine:
        given = config or _ConfigInput()
        return cls(config=given.config, parse_env_config=given.parse_env, **kwargs)

    @classmethod
    def _made_with(
        cls,
        config: _ConfigInput | None,
        catalog: IO[str] | None,
        *,
        follow: Callable[[TapJobber], None] = lambda _tap: None,
        **kwargs: Any,
    ) -> CommandLine:
        """Return the tap with a catalog that has been checked; without one it selects what it does by default."""
        tap = cls._made(config, catalog=read_catalog(catalog), **kwargs)
        follow(tap)
        if config is not None and config.parse_env:
            # What .env adds has been added when the settings were read.
            for line in misspelt(tap.config_jsonschema, os.environ):
                cls.logger.warning("%s", line)
        if catalog is not None:
            check_catalog(catalog.name, tap.catalog, tap.streams)
            if not tap.selected_streams:
                cls.logger.warning("Catalog file %s selects no stream: there is nothing to read", catalog.name)
        return tap


def _check_format(option: str, output_format: str | None, *known: str) -> None:
    if output_format is not None and output_format not in known:
        remedy = f"use --format={' or --format='.join(known)}, or leave it out"
        raise TapError(f"{option} has no format {output_format}", remedy)


def _scope_of(stream: Stream) -> str | None:
    """Return the scope that a stream needs: its own, or that of the stream whose rows hold its list."""
    scope: str | None = getattr(stream, "scope", None) or getattr(stream.parent_stream_type, "scope", None)
    return scope
