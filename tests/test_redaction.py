"""No secret gets into a log, whoever writes it."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.redaction import RedactionFilter, hide_secrets, printable, redact_logs

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "s3cr3t-t0ken"
OTHER = "an0ther-secret"
LEVELS = [logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL]


class Log:
    """Everything that a handler writes."""

    def __init__(self) -> None:
        self.secrets = [SECRET]
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.addFilter(RedactionFilter(lambda: self.secrets))
        self.logger = logging.getLogger("any.library")
        self.logger.setLevel(logging.DEBUG)
        self.logger.propagate = False
        self.logger.handlers = [self.handler]

    @property
    def text(self) -> str:
        """The text that was written."""
        return self.stream.getvalue()


@pytest.fixture
def log() -> Log:
    """Return an empty log."""
    return Log()


@pytest.mark.parametrize("level", LEVELS)
def test_in_the_message_and_in_its_arguments(log: Log, level: int) -> None:
    log.logger.log(level, f"in it {SECRET}")  # noqa: G004 - what a library may do
    log.logger.log(level, "Authorization: Bearer %s, %d", SECRET, 5)
    log.logger.log(level, "%s", {"Authorization": f"Bearer {SECRET}"})
    log.logger.log(level, "%(token)s", {"token": SECRET})
    assert SECRET not in log.text
    assert log.text.count("[secret]") == 4
    assert "Authorization: Bearer [secret], 5" in log.text


@pytest.mark.parametrize("level", LEVELS)
def test_in_an_exception_and_in_its_cause(log: Log, level: int) -> None:
    def look_up() -> None:
        known: dict[str, int] = {}
        try:
            known[SECRET] += 1
        except KeyError as error:
            raise ValueError(f"for {SECRET}") from error

    try:
        look_up()
    except ValueError:
        log.logger.log(level, "it broke", exc_info=True)
    assert SECRET not in log.text
    assert "it broke" in log.text
    assert "ValueError: for [secret]" in log.text
    assert "KeyError: '[secret]'" in log.text


def test_secrets_that_become_known_later(log: Log) -> None:
    log.logger.info("%s", OTHER)
    log.secrets.append(OTHER)
    log.logger.info("%s", OTHER)
    assert log.text.splitlines() == [OTHER, "[secret]"]


def test_what_holds_no_secret_stays_as_it_is(log: Log) -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "%d rows of %s", (5, "clients"), None)
    assert log.handler.filter(record)
    assert (record.msg, record.args) == ("%d rows of %s", (5, "clients"))


@given(st.integers(12, 39))
def test_of_a_secret_that_was_cut_off_the_beginning_is_hidden_too(length: int) -> None:
    secret, longer = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.c2lnbmF0", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjExMTExMTExMX0.c2ln"
    text = f"bad token {secret[:length]}…, {secret[:11]}, {secret}, {secret[:length]}, {longer}"
    expected = f"bad token [secret]…, {secret[:11]}, [secret], [secret], [secret]"
    assert hide_secrets(text, [secret, longer]) == expected


def test_an_exception_without_secrets_keeps_its_traceback(log: Log) -> None:
    try:
        int("plain")
    except ValueError:
        log.logger.exception("it broke %s", SECRET)
    assert "Traceback" in log.text
    assert "ValueError: invalid literal" in log.text
    assert SECRET not in log.text


@pytest.mark.parametrize("args", [("many",), (1, 2), ()])
def test_a_message_whose_arguments_do_not_fit_ends_nothing(
    log: Log, args: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    log.logger.info("%d rows", *args)
    log.logger.info("after")
    assert "after" in log.text


def test_a_message_whose_arguments_do_not_fit_tells_no_secret_either(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    log.logger.info("%d rows", SECRET)
    assert SECRET not in log.text + capsys.readouterr().err


@pytest.mark.parametrize("secret", ["", "a", "12345"])
def test_what_is_too_short_for_a_secret_spoils_no_line(log: Log, secret: str) -> None:
    log.secrets = [secret]
    log.logger.info("12345 a banana")
    assert log.text == "12345 a banana\n"


@given(
    secrets=st.lists(st.text("abcdef0123456789", min_size=8, max_size=32), max_size=3),
    parts=st.lists(st.text(" .:/\n") | st.integers(0, 2), max_size=8),
)
def test_no_secret_in_any_message(secrets: list[str], parts: list[str | int]) -> None:
    log = Log()
    log.secrets = secrets
    chosen = [secrets[part % len(secrets)] if isinstance(part, int) and secrets else str(part) for part in parts]
    log.logger.warning("%s", "".join(chosen))
    assert not any(secret in log.text for secret in secrets)


@pytest.fixture
def root_handler() -> Iterator[logging.Handler]:
    """Provide a handler of the root logger, for one test."""
    handler = logging.StreamHandler(io.StringIO())
    logging.getLogger().addHandler(handler)
    before = {each: list(each.filters) for each in logging.getLogger().handlers}
    yield handler
    logging.getLogger().removeHandler(handler)
    for each, filters in before.items():
        each.filters[:] = filters


def test_all_handlers_of_the_root_keep_the_latest_secrets(root_handler: logging.Handler) -> None:
    redact_logs(lambda: [SECRET])
    redact_logs(lambda: [OTHER])
    assert sum(isinstance(each, RedactionFilter) for each in root_handler.filters) == 1
    record = logging.LogRecord("x", logging.INFO, __file__, 1, OTHER, None, None)
    root_handler.filter(record)
    assert record.getMessage() == "[secret]"


def test_what_cannot_be_shown_is_left_out() -> None:
    assert printable("Ann\u001b[31m \u202eand\nBob \ud800 é 你好") == "Ann [31m and Bob é 你好"
