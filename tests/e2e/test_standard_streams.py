"""Standard output and standard error that are closed, full or unread."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.harness import TAP, Bench, Outcome, catalog, environment
from tests.effort import some

if TYPE_CHECKING:
    from collections.abc import Sequence

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs a device that is full")
STREAMS = ["clients", "users"]


def command(one: Bench) -> list[str]:
    """Return the command of a run of few rows."""
    chosen = one.write("catalog.json", catalog(STREAMS))
    return [str(TAP), "--config", str(one.config()), "--catalog", str(chosen)]


def shell(words: Sequence[str], redirections: str, home: Path) -> Outcome:
    """Run a command as a shell does with some redirections."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirections}', "sh", *words],
        cwd=home,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("redirections", "cause"),
    some(
        [
            pytest.param("> /dev/full", "(No space left on device): make room", marks=needs_full),
            (">&-", "The standard output is closed: "),
            ("1< /dev/null", "The standard output is closed: "),
        ],
        usual=1,
    ),
)
def test_an_output_that_cannot_be_written(tiny: Bench, redirections: str, cause: str) -> None:
    outcome = shell(command(tiny), redirections, tiny.home)
    assert outcome.status == 1
    assert len(outcome.errors) == 1
    assert cause in outcome.errors[0]
    assert outcome.log[-1].text == outcome.errors[0], "something complained again"


@needs_full
@pytest.mark.parametrize(
    "words", some([["--discover"], ["--about"], ["--version"], ["--credentials", "--config", "ENV"]])
)
def test_what_is_printed_cannot_be_written(tmp_path: Path, words: list[str]) -> None:
    outcome = shell([str(TAP), *words], "> /dev/full", tmp_path)
    assert outcome.status == 1
    assert len(outcome.errors) == len(outcome.log) == 1
    assert "No space left on device" in outcome.errors[0]


def test_nothing_follows_a_row_that_was_cut(tiny: Bench) -> None:
    file = tiny.home / "rows.jsonl"
    # 130 blocks of 512 bytes (the token store wants 64 KiB), and no signal where more is written.
    limited = ["/bin/sh", "-c", 'trap "" XFSZ; ulimit -f 130; exec "$@" > rows.jsonl', "sh", *command(tiny)[:3]]
    outcome = shell(limited, "", tiny.home)
    assert outcome.status == 1
    assert len(outcome.errors) == 1
    assert "(File too large): make room" in outcome.errors[0]
    assert file.stat().st_size == 130 * 512
    assert not file.read_bytes().endswith(b"\n")
    assert outcome.log[-1].text == outcome.errors[0]


@pytest.mark.parametrize("redirections", some(["2>&-", pytest.param("2> /dev/full", marks=needs_full)]))
def test_a_run_goes_on_without_its_log(tiny: Bench, redirections: str) -> None:
    outcome = shell(command(tiny), redirections, tiny.home).checked()
    assert outcome.streams == set(STREAMS)
    assert outcome.stderr == ""


@pytest.mark.stress
def test_a_run_goes_on_when_nobody_reads_its_log(tiny: Bench) -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writer, b"-" * 4000)
    out = subprocess.run(
        command(tiny), cwd=tiny.home, env=environment(tiny.home), stdout=-1, stderr=writer, timeout=30, check=True
    ).stdout
    os.close(writer)
    os.close(reader)
    assert Outcome(0, out.decode(), "").streams == set(STREAMS)


@pytest.mark.stress
def test_a_reader_whose_pipe_does_not_block(tiny: Bench) -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writer, False)
    started = subprocess.Popen(
        command(tiny), cwd=tiny.home, env=environment(tiny.home), stdout=writer, stderr=subprocess.DEVNULL
    )
    os.close(writer)
    found = b""
    while chunk := os.read(reader, 4096):
        found += chunk
        time.sleep(0.001)
    os.close(reader)
    assert started.wait(20) == 0
    assert Outcome(0, found.decode(), "").streams == set(STREAMS)
