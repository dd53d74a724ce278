"""The cron line and the systemd units of docs/orchestrators.md, run as far as the machine can."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.harness import TAP, Bench, Outcome
from tests.pipeline.test_pipeline import target

ANALYZE = shutil.which("systemd-analyze")
PAGE = (Path(__file__).parents[2] / "docs" / "orchestrators.md").read_text(encoding="utf-8")
_FAKE = r"""#!/bin/sh
echo "time | INFO     | tap | x" >&2
echo the last line >&2
printf '%s\n' "$TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA" "$@"
exit {status}
"""
_MAIL = '#!/bin/sh\n{ printf "%s " "$@"; cat; } >> "$HOME/mail"\n'


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def cron_command(home: Path) -> str:
    """Return what cron has the shell run, its folder another."""
    (line,) = blocks("cron")
    *_, command = line.strip().split(maxsplit=5)
    assert "%" not in command  # cron takes it for the end of a line
    return command.replace("/opt/jobber", str(home))


def run(home: Path, command: str, **env: str) -> str:
    """Run a command of the shell beside a mail program of ours; return what was mailed."""
    program(home / "bin/mail", _MAIL)
    path = f"{home / 'bin'}:{os.environ['PATH']}"
    subprocess.run(["/bin/sh", "-c", command], env={"PATH": path, "HOME": str(home), **env}, check=True, timeout=45)
    mailed = home / "mail"
    return mailed.read_text(encoding="utf-8") if mailed.exists() else ""


@pytest.mark.parametrize("status", [0, 1, 4, 75, 77])
def test_the_cron_line_mails_what_a_person_has_to_see(tmp_path: Path, status: int) -> None:
    program(tmp_path / ".venv/bin/tap-jobber-pipeline", _FAKE.format(status=status))
    mailed = run(tmp_path, cron_command(tmp_path))
    said = f"-s Jobber account 1001 needs a person: status {status} ops@example.com the last line\n"
    assert mailed == (said if status in (1, 77) else "")
    words = (tmp_path / "1001.out").read_text(encoding="utf-8").splitlines()
    assert words[:5] == ["jobber_1001", "--account", "1001", "--state", "1001.json"]
    assert words[-1] == ".venv/bin/target-postgres --config=ENV"


def test_the_cron_line_waits_for_nobody(tmp_path: Path) -> None:
    program(tmp_path / ".venv/bin/tap-jobber-pipeline", _FAKE.format(status=77))
    with (tmp_path / "1001.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run(tmp_path, f"{cron_command(tmp_path)} || true") == ""
    assert not (tmp_path / "1001.log").exists()


@pytest.mark.stress
def test_the_cron_line_mails_the_words_of_the_tap(tiny: Bench) -> None:
    for name in (TAP.name, "tap-jobber-pipeline"):
        (tiny.home / ".venv/bin").mkdir(parents=True, exist_ok=True)
        (tiny.home / ".venv/bin" / name).symlink_to(TAP.with_name(name))
    program(tiny.home / ".venv/bin/target-postgres", f"#!/bin/sh\nexec {target()}\n")
    settings = "".join(f"TAP_JOBBER_{name.upper()}='{value}'\n" for name, value in tiny.settings.items())
    (tiny.home / ".env").write_text(settings, encoding="utf-8")
    assert tiny.tap("--test=credentials").status == 0
    tiny.sandbox.credentials.disconnect(tiny.account)
    mailed = run(tiny.home, cron_command(tiny.home))
    assert mailed.startswith("-s Jobber account 1001 needs a person: status 77 ops@example.com ")
    assert "The app has been disconnected from the Jobber account: connect it again" in mailed
    tiny.assert_secret(Outcome(0, mailed, ""))


def test_the_unit_of_systemd_mails_what_the_journal_says(tmp_path: Path) -> None:
    service = blocks("ini")[1]
    found = re.search(r"^ExecStart=/bin/sh -c '(.*)'$", service, re.MULTILINE)
    assert found is not None
    program(tmp_path / "bin/journalctl", '#!/bin/sh\necho "$@"\necho "t | INFO | tap | x"\n')
    assert run(tmp_path, found[1].replace("%i", "1001")) == (
        "-s Jobber account 1001 needs a person ops@example.com --unit jobber@1001.service --lines 200 --output cat\n"
    )


@pytest.mark.skipif(ANALYZE is None, reason="there is no systemd")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    units = blocks("ini")
    for name, unit in zip(("jobber@.service", "jobber-mail@.service", "jobber@.timer"), units, strict=True):
        # A program and a user that are here.
        text = unit.replace("/opt/jobber/.venv/bin/tap-jobber-pipeline", "/bin/true").replace(
            "User=jobber", "User=root"
        )
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in ("jobber@1001.service", "jobber-mail@1001.service", "jobber@1001.timer"):
        (tmp_path / name).symlink_to(tmp_path / name.replace("1001", ""))
    done = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", tmp_path / "jobber@1001.timer", tmp_path / "jobber@1001.service"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "jobber" in line]
    assert (done.returncode, ours) == (0, [])
