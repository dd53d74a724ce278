"""Waits of real processes, each said as it begins; a process is killed once it has said so."""

from __future__ import annotations

import re
import sys
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import filelock
import pytest

from jobber_sandbox.options import Options
from jobber_sandbox.server import running
from tests.e2e.harness import TAP, TINY, Bench, catalog, thin
from tests.e2e.processes import family
from tests.e2e.test_termination import stuck
from tests.effort import some

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.e2e.processes import Family

STREAMS = ["clients", "jobs", "tax_rates"]
LIMIT_SECONDS = 40.0
# The tap as it is, but for the time between two lines.
IMPATIENT = """
import sys
from tap_jobber.progress import displays
displays.PLAIN_SECONDS = 0.3
from tap_jobber.__main__ import main
sys.argv[0] = "tap-jobber"
main()
"""


def words(bench: Bench, *more: str, program: Sequence[Path | str] = (TAP,)) -> list[Path | str]:
    """Return a command line of the tap."""
    chosen = bench.write("catalog.json", catalog(STREAMS))
    return [*program, "--config", bench.config(), "--catalog", chosen, *more]


@contextmanager
def begun(bench: Bench, command: Sequence[Path | str]) -> Iterator[Family]:
    """Start a run; it is killed at the end."""
    with family(command, bench.home) as started:
        assert started.head.stdout is not None
        threading.Thread(target=started.head.stdout.read, daemon=True).start()
        yield started


@contextmanager
def held(bench: Bench) -> Iterator[None]:
    """Hold the locks of the token store, as another process does that refreshes."""
    with ExitStack() as locks:
        for path in bench.home.glob("tokens.json.*.lock"):
            locks.enter_context(filelock.FileLock(path))
        yield


def said(started: Family, pattern: str) -> re.Match[str]:
    """Read the log of a run up to a line, which comes while the run goes on."""
    assert started.head.stderr is not None
    limit = threading.Timer(LIMIT_SECONDS, started.head.kill)
    limit.start()
    seen = []
    for line in started.head.stderr:
        seen.append(line)
        if found := re.search(pattern, line):
            assert started.head.poll() is None
            limit.cancel()
            return found
    limit.cancel()
    pytest.fail(f"never said {pattern!r}:\n{''.join(seen)}")


@pytest.fixture
def poor(tmp_path: Path) -> Iterator[Bench]:
    """Provide a sandbox whose bucket is empty soon, and fills slowly."""
    with running(Options(**{**TINY, "scale": 0.1, "speed": 0.02})) as server:
        thin(server.sandbox)
        yield Bench(server, tmp_path)


def test_a_long_wait_for_points_and_lines_of_how_far_the_run_is_meanwhile(poor: Bench) -> None:
    with begun(poor, words(poor, program=(sys.executable, "-c", IMPATIENT))) as started:
        seconds = said(started, r"clients: waiting (\d+\.\d) s until Jobber grants [\d,]+ points")[1]
        assert float(seconds) > 60
        said(
            started,
            r"tap-jobber.progress +\| clients: \d+ rows?, 0 of 3 streams done, [\d,]+ points spent, "
            r"waiting \d+ (s|min) for [\d,]+ points",
        )


def test_a_pause_that_jobber_asks_for(tiny: Bench) -> None:
    tiny.arm(kind="rate_limited", retry_after=600, root="jobs")
    with begun(tiny, words(tiny)) as started:
        said(started, r"jobs: .*\(429\); trying again in 600\.0 s \(0 s of 15 min\)")


def test_a_pause_that_is_longer_than_the_tap_tries(tiny: Bench) -> None:
    tiny.arm(kind="rate_limited", retry_after=5_400, times=None, root="jobs")
    tiny.tap(streams=STREAMS).assert_partial("jobs", "(429)", "Jobber asks for a pause of 1 h 30 min", "again later")


@pytest.mark.parametrize("word", some([[], ["--test=credentials"]]))
def test_another_process_that_refreshes(tiny: Bench, word: list[str]) -> None:
    tiny.tap("--test=credentials").checked()
    tiny.sandbox.credentials.expire_access_tokens()
    with held(tiny), begun(tiny, words(tiny, *word)) as started:
        said(started, r"access token: waiting for Jobber, or for another process that refreshes it; \d+ min at most")


@pytest.mark.stress
def test_a_target_that_reads_no_more(tmp_path: Path) -> None:
    with stuck(tmp_path, program=(sys.executable, "-c", IMPATIENT)) as started:
        said(started, r"waiting for the target since \d+ s")


@pytest.mark.stress
def test_a_stream_that_is_set_aside(tiny: Bench) -> None:
    tiny.arm(kind="error", root="jobs", times=None, message="Something went wrong")
    tiny.arm(kind="hang", root="taxRates", seconds=60.0, times=None)
    with begun(tiny, words(tiny)) as started:
        said(started, r"Setting jobs aside: ")
