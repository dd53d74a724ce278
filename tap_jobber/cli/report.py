"""Writes the report of a run, however the run ends: `--report FILE` and the setting `report`.

The file is replaced as a whole at the end of the run. What is there from an earlier run goes at the beginning, so that
a run that was killed leaves none, rather than one that passes for its own. A report that cannot be written is a
warning; a path that no report can ever be written to is an error, before anything is read.
"""

from __future__ import annotations

import copy
import json
import logging
import platform
import sys
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tap_jobber.cli import report_file
from tap_jobber.cli.ending import ending_of
from tap_jobber.cli.report_document import RunFacts, StreamFacts, document, stream_entry, without_secrets
from tap_jobber.config.schema import SECRETS, SETTINGS
from tap_jobber.config.settings import merged
from tap_jobber.credentials.stores.location import local_path
from tap_jobber.errors import TapError, one_line
from tap_jobber.process import termination
from tap_jobber.tap import TapJobber
from tap_jobber.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from singer_sdk.plugin_base import _ConfigInput

    from tap_jobber.credentials.stores.record import Account
    from tap_jobber.streams.jobber_stream import JobberStream

logger = logging.getLogger("tap-jobber")

_MOST_WARNINGS = 200
_REPORT_SCHEMA = {"properties": {name: SETTINGS["properties"][name] for name in {"report", "token_store"} | SECRETS}}


class RunReport:
    """The report of one run.

    Args:
        path: Where to write it; None to write none.
        given: The settings that a user has given, as far as they are known.
    """

    def __init__(self, path: Path | None, given: Mapping[str, Any]) -> None:
        self._path = path
        self._given = given
        self._id = uuid.uuid4().hex
        self._began_at = time.time()
        self._tap: TapJobber | None = None
        self._before: Mapping[str, Any] = {}
        self.warnings = _Warnings()

    def follow(self, tap: TapJobber) -> None:
        """Report of a tap, from the state that it has now."""
        self._before = copy.deepcopy(_bookmarks(tap))
        self._tap = tap

    def write(self, error: BaseException | None) -> None:
        """Write the report of a run that ends; a signal that comes meanwhile is how it ended, then.

        Args:
            error: What ended the run; None if it came to its end.
        """
        try:
            self._write(error)
        except SystemExit as stop:
            self._write(stop)
            raise

    def _write(self, error: BaseException | None) -> None:
        if self._path is None:
            return
        try:
            text = json.dumps(without_secrets(self._document(error), self._secrets()), indent=2)
            report_file.write(self._path, text.encode() + b"\n")
        except OSError as failure:
            logger.warning("The report cannot be written to %s (%s)", self._path, failure.strerror or failure)
        except Exception as failure:  # the rows are worth more than their report
            logger.warning("The report cannot be made (%s: %s)", type(failure).__name__, one_line(str(failure)))
            logger.debug("Why:", exc_info=failure)

    def _document(self, error: BaseException | None) -> dict[str, Any]:
        tap = self._tap
        run = RunFacts(
            id=self._id,
            began_at=self._began_at,
            ended_at=time.time(),
            ending=ending_of(error),
            account=_account(tap),
            versions=_versions(tap),
            warnings=self.warnings.lines(),
        )
        return document(run, [] if tap is None else list(self._entries(tap)))

    def _entries(self, tap: TapJobber) -> Iterator[dict[str, Any]]:
        """Yield the entry of each stream that is selected, and of those that others were read from."""
        after = _bookmarks(tap)
        unknown = tap.connection.extraction.drift.left_out if _is_connected(tap) else {}
        streams: Any = tap.streams
        for stream in streams.values():
            if not stream.selected and not stream.usage.requests:
                continue
            owners = _owners(stream, streams)
            facts = StreamFacts(
                has_ended=all(each.has_ended for each in (stream, *owners)),
                before=_of(self._before, stream.name),
                after=_of(after, stream.name),
                walk=_of(after, (owners[0] if owners else stream).name),
                unknown=unknown.get(stream.name, {}),
            )
            yield stream_entry(stream, facts)

    def _secrets(self) -> set[str]:
        given = {str(self._given[name]) for name in SECRETS if self._given.get(name)}
        store = str(self._given.get("token_store") or "")
        given |= {password} if "://" in store and (password := urlsplit(store).password) else set()
        return given | (self._tap.connection.secrets() if self._tap is not None and _is_connected(self._tap) else set())


class _Warnings(logging.Handler):
    """Keeps the warnings of the log, each once."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._kept: dict[str, None] = {}
        self._dropped: set[int] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning; errors end the run, and come with the way it ended."""
        if record.levelno != logging.WARNING:
            return
        line = one_line(record.getMessage(), 1_000)
        if line in self._kept:
            return
        if len(self._kept) < _MOST_WARNINGS:
            self._kept[line] = None
        else:
            self._dropped.add(hash(line))

    def lines(self) -> list[str]:
        """Return the warnings in the order they came."""
        more = [f"{len(self._dropped)} more, which the log has"] if self._dropped else []
        return [*self._kept, *more]


@contextmanager
def reported(path: str | None, config: _ConfigInput | None) -> Iterator[RunReport]:
    """Write the report of the run that the block is, however that ends.

    Args:
        path: The file of the command line; None if it names none.
        config: The settings that the command line names, not validated.

    Raises:
        TapError: If no report can ever be written to the file.
    """
    given = _given(config)
    named = path or given.get("report")
    report = RunReport(_prepared(named, given) if isinstance(named, str) and named else None, given)
    termination.at_forced_end(lambda status: report.write(SystemExit(status)))
    logger.addHandler(report.warnings)
    try:
        yield report
        # What is still buffered belongs to the run.
        sys.stdout.flush()
    except BaseException as error:
        report.write(error)
        raise
    else:
        report.write(None)
    finally:
        logger.removeHandler(report.warnings)


def report_unbegun(path: str | None, config: _ConfigInput | None, error: BaseException) -> None:
    """Write the report of a run that did not come to begin.

    Args:
        path: The file of the command line; None if it names none.
        config: The settings that the command line names, not validated; None if they cannot be read.
        error: What kept it from beginning.
    """
    given = _given(config)
    named = path or given.get("report")
    if not isinstance(named, str) or not named:
        return
    try:
        report = RunReport(_prepared(named, given), given)
    except TapError as failure:
        logger.warning("%s", sentence(str(failure)))
    else:
        report.write(error)


def _given(config: _ConfigInput | None) -> dict[str, Any]:
    """Return the settings that a report needs, where they are given in a form that can be used."""
    if config is None:
        return {}
    needed = {name: value for name, value in (config.config or {}).items() if name in _REPORT_SCHEMA["properties"]}
    return merged(needed, _REPORT_SCHEMA if config.parse_env else None)


def _prepared(name: str, given: Mapping[str, Any]) -> Path:
    location = given.get("token_store")
    return report_file.prepared(name, local_path(location if isinstance(location, str) else None))


def _is_connected(tap: TapJobber) -> bool:
    return "connection" in vars(tap)


def _account(tap: TapJobber | None) -> Account | None:
    record = tap.connection.credential.record if tap is not None and _is_connected(tap) else None
    return record.account if record is not None else None


def _versions(tap: TapJobber | None) -> dict[str, str | None]:
    return {
        "tap": TapJobber.plugin_version,
        "sdk": TapJobber.sdk_version,
        "python": platform.python_version(),
        "api_asked": None if tap is None else tap.settings.api_version,
        "api_served": tap.connection.extraction.client.versions.served if tap and _is_connected(tap) else None,
    }


def _bookmarks(tap: TapJobber) -> Mapping[str, Any]:
    found = tap.state.get("bookmarks")
    return found if isinstance(found, dict) else {}


def _of(bookmarks: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = bookmarks.get(name)
    return found if isinstance(found, dict) else {}


def _owners(stream: Any, streams: Mapping[str, JobberStream]) -> list[JobberStream]:  # noqa: ANN401 - only some have owners
    """Return the root streams that a stream is read with, if it has no walk of its own."""
    parent = stream.parent_stream_type
    named = getattr(stream, "owners", ()) or ((parent,) if parent is not None else ())
    return [streams[each.name] for each in named]
