"""Asks a live API for its schema and brings the SDL files of the tap up to it.

Usage: python scripts/refresh_schema.py --config config.json [--check]

The credential, the pace and the retries are those of the tap: the settings are its settings, and `--config ENV` reads
them from the environment. Types are asked for with the app's token, because without one the API tells of what no app
may ask for. `--check` writes nothing and exits with status 1 if there is something to write.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from graphql import GraphQLError, build_ast_schema, parse, validate_schema
from schema_refresh.decide import refreshed
from schema_refresh.files import read_files, write
from schema_refresh.introspection import Introspection
from singer_sdk.exceptions import ConfigValidationError
from typing_extensions import override

from tap_jobber.api.versioning import VersionCheck
from tap_jobber.cli.inputs import read_config
from tap_jobber.errors import TapError, one_line
from tap_jobber.tap import TapJobber

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_refresh.decide import Report
    from schema_refresh.files import File

FOLDER = Path(__file__).resolve().parent.parent / "tap_jobber" / "graphql"
# Leaves room for what a type costs more than expected.
SHARE_OF_BUCKET = 0.8

logger = logging.getLogger("refresh_schema")


def main(words: Sequence[str] | None = None) -> int:
    """Do as the command line says."""
    options = _parser().parse_args(words)
    logger.handlers.clear()
    logger.addHandler(logging.StreamHandler(sys.stdout))
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        return _refresh(options)
    except TapError as error:
        lines = [str(error)]
    except ConfigValidationError as error:
        lines = error.errors
    for line in lines:
        sys.stderr.write(f"refresh_schema: {line}\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Bring the SDL files up to a live API.")
    add = parser.add_argument
    add("--config", action="append", required=True, help="a config file of the tap, or ENV; may be repeated")
    add("--check", action="store_true", help="write nothing; exit with status 1 if the files differ")
    add("--accept-version", action="store_true", help="go on if the API answers with another version than asked for")
    add("--folder", type=Path, default=FOLDER, help="where the SDL files are (default: those of the tap)")
    return parser


def _refresh(options: argparse.Namespace) -> int:
    files = read_files(options.folder)
    config, is_from_environment = read_config(options.config)
    tap = TapJobber(config=config, parse_env_config=is_from_environment)
    extraction = tap.connection.extraction
    asked_version = str(tap.config["api_version"])
    extraction.client.versions = _SilentVersions(asked_version)
    ceiling_points = SHARE_OF_BUCKET * extraction.rate_limiter.ceiling_points
    introspection = Introspection(extraction.client, ceiling_points)

    _check_version(asked_version, introspection.version(), is_accepted=options.accept_version)
    after, report = refreshed(files, introspection.types)
    _check_sdl(after)
    changed = [new for old, new in zip(files, after, strict=True) if new.text() != old.text()]
    if not options.check:
        write(changed)
    _summarise(introspection, report, changed, is_check=options.check)
    return 1 if options.check and changed else 0


class _SilentVersions(VersionCheck):
    """Tells which version answers; what to say of it is decided here."""

    @override
    def _warn(self, text: str) -> None:
        logger.debug("%s", text)


def _check_version(asked: str, served: str | None, *, is_accepted: bool) -> None:
    if served == asked or is_accepted:
        return
    said = f"version {served}" if served is not None else "no version"
    raise TapError(
        f"Jobber answers with {said}, not with {asked}",
        "set api_version to one that it still serves, or add --accept-version",
    )


def _check_sdl(files: Sequence[File]) -> None:
    """Make sure that what is to be written can be read."""
    try:
        schema = build_ast_schema(parse("\n".join(file.text() for file in files)))
        problems = [error.message for error in validate_schema(schema)]
    except (GraphQLError, TypeError) as error:
        problems = [str(error)]
    if problems:
        cause = f"what the API tells does not make a schema ({one_line(problems[0])})"
        raise TapError(cause, "nothing was written; look at what the API says of the types it names")


def _summarise(introspection: Introspection, report: Report, changed: Sequence[File], *, is_check: bool) -> None:
    usage = introspection.usage
    logger.info(
        "API version %s: %d requests, %d points.", introspection.served_version, usage.requests, round(usage.points)
    )
    if introspection.version_warning is not None:
        logger.info("Jobber on this version: %s", introspection.version_warning)
    for line in report.changes:
        logger.info("  %s", line)
    if not changed:
        logger.info("The files state what the API has.")
    else:
        names = ", ".join(file.path.name for file in changed)
        count = f"{len(report.changes)} change{'s' if len(report.changes) > 1 else ''}"
        logger.info("%s %s %s.", count, "to be made in" if is_check else "made in", names)
    if report.unread:
        logger.info("New lists, not yet read:")
        for line in report.unread:
            logger.info("  %s", line)


if __name__ == "__main__":
    sys.exit(main())
