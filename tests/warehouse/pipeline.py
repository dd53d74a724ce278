"""Pipelines as their users run them: Meltano, the tap, a loader, and the state that Meltano keeps between two runs."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from tests.e2e.harness import TAP, Outcome, run
from tests.e2e.processes import Family, family

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.e2e.harness import Bench
    from tests.warehouse.targets import Target

_PROJECT = Path(__file__).parents[2] / "meltano.yml"
_LIMIT_SECONDS = 120.0


@dataclass(frozen=True)
class Pipeline:
    """A Meltano project with this repository's plugins, whose programs are installed already.

    Attributes:
        bench: The account; its home is the project's folder.
        target: What loads it.
        program: The target's program.
        streams: The streams to select.
        utility: The utility that makes tables of what is loaded, as the project names it; None for none.
    """

    bench: Bench
    target: Target
    program: Path
    streams: Sequence[str]
    utility: str | None = None

    def __post_init__(self) -> None:
        """Write the project file: this repository's, with where each program is instead of where to get it."""
        project = YAML(typ="safe").load(_PROJECT.read_text(encoding="utf-8"))
        (extractor,) = project["plugins"]["extractors"]
        (loader,) = (each for each in project["plugins"]["loaders"] if each["name"] == self.target.name)
        for plugin, program in ((extractor, TAP), (loader, self.program)):
            del plugin["pip_url"]
            plugin["executable"] = str(program)
        extractor["select"] = [f"{name}.*" for name in self.streams]
        loader["config"] = self.target.settings
        utilities = [_built_here(each) for each in project["plugins"]["utilities"] if each["name"] == self.utility]
        project["plugins"] = {"extractors": [extractor], "loaders": [loader], "utilities": utilities}
        project["state_backend"] = {"uri": f"file://{self._states}"}
        with (self.bench.home / "meltano.yml").open("w", encoding="utf-8") as file:
            YAML(typ="safe").dump(project, file)

    @property
    def _states(self) -> Path:
        return self.bench.home / "states"

    def bookmarks(self, suffix: str = "") -> dict[str, Any]:
        """Return the bookmarks of the state that the next run begins with, of plugins whose names have a suffix."""
        path = self._states / f"dev:tap-jobber{suffix}-to-{self.target.name}{suffix}" / "state.json"
        if not path.is_file():
            return {}
        kept = json.loads(path.read_text(encoding="utf-8"))
        found: dict[str, Any] = kept["completed"]["singer_state"]["bookmarks"]
        return found

    def run(self, *words: str, **settings: str) -> Outcome:
        """Run the pipeline to its end.

        Args:
            words: Further words of the command line.
            settings: Settings of the tap that differ from those that work.
        """
        return run(self._command(*words), self.bench.home, self._settings(settings), _LIMIT_SECONDS)

    def meltano(self, *words: str, environment: Mapping[str, str] | None = None, **settings: str | None) -> Outcome:
        """Run Meltano in the project.

        Args:
            words: Its command line.
            environment: Variables of its environment.
            settings: Settings of the tap that differ from those that work; None leaves one out.
        """
        command = [os.environ["WAREHOUSE_MELTANO"], *words]
        return run(command, self.bench.home, {**self._settings(settings), **(environment or {})}, _LIMIT_SECONDS)

    def include(self, plugins: str) -> None:
        """Add a file of further plugins to the project."""
        self.bench.write("accounts.meltano.yml", plugins)
        with (self.bench.home / "meltano.yml").open("a", encoding="utf-8") as file:
            file.write("include_paths: [accounts.meltano.yml]\n")

    def stop(self, how: Callable[[Family], None], when: str, is_ready: Callable[[], bool]) -> None:
        """Run the pipeline and stop it.

        Args:
            how: What stops it.
            when: The root field at which the tap waits for Jobber meanwhile.
            is_ready: Tells when the loader has come so far as it can.
        """
        self.bench.arm(kind="hang", root=when, seconds=_LIMIT_SECONDS)
        # Meltano takes a run that was killed to go on for five minutes.
        with family(self._command("--force"), self.bench.home, self._settings({})) as started:
            try:
                _wait_for(lambda: self.bench.sandbox.faults.armed[0].fired == 1 and is_ready())
                how(started)
                started.head.communicate(timeout=_LIMIT_SECONDS)
            finally:
                for process in started.alive():
                    os.kill(process, signal.SIGKILL)
        self.bench.sandbox.faults.clear()

    def _command(self, *words: str) -> list[str]:
        return [os.environ["WAREHOUSE_MELTANO"], "run", *words, "tap-jobber", self.target.name]

    def _settings(self, changed: Mapping[str, str | None]) -> dict[str, str]:
        settings = {**self.bench.settings, **changed}
        ours = {f"TAP_JOBBER_{name.upper()}": str(value) for name, value in settings.items() if value is not None}
        return {**ours, "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false", "NO_COLOR": "1"}


def _built_here(utility: dict[str, Any]) -> dict[str, Any]:
    """Return a utility with where its programs and the dbt project are."""
    programs, folder = Path(os.environ["WAREHOUSE_DBT"]), str(_PROJECT.with_name("transform"))
    del utility["pip_url"]
    utility["executable"] = str(programs / utility["executable"])
    for command in utility["commands"].values():
        if "executable" in command:
            command["executable"] = str(programs / command["executable"])
            command["args"] = command["args"].replace("${MELTANO_PROJECT_ROOT}/transform", folder)
    utility["config"] |= {"project_dir": folder, "profiles_dir": folder}
    return utility


def terminate(started: Family) -> None:
    """Ask Meltano to end, as systemd, Docker and Airflow do."""
    started.head.terminate()


def kill(started: Family) -> None:
    """End all of a pipeline at once, as a loss of power does."""
    os.killpg(started.head.pid, signal.SIGKILL)


def terminate_tap(started: Family) -> None:
    """Ask the tap alone to end."""
    (tap,) = (each for each in started.alive() if f"{TAP}".encode() in Path(f"/proc/{each}/cmdline").read_bytes())
    os.kill(tap, signal.SIGTERM)


def _wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LIMIT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)
