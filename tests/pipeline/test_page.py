"""The cron line and the systemd units of docs/orchestrators.md, run as far as the machine can."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ANALYZE = shutil.which("systemd-analyze")
PAGE = (Path(__file__).parents[2] / "docs" / "orchestrators.md").read_text(encoding="utf-8")
_FAKE = (
    '#!/bin/sh\necho the last line >&2\nprintf \'%s\\n\' "$TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA" "$@"\nexit {status}\n'
)
_MAIL = '#!/bin/sh\n{ printf "%s " "$@"; cat; } >> "$HOME/mail"\n'


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def run(home: Path, command: str, **env: str) -> str:
    """Run a command of the shell beside a mail program of ours; return what was mailed."""
    program(home / "bin/mail", _MAIL)
    path = f"{home / 'bin'}:{os.environ['PATH']}"
    subprocess.run(["/bin/sh", "-c", command], env={"PATH": path, "HOME": str(home), **env}, check=True, timeout=10)
    mailed = home / "mail"
    return mailed.read_text(encoding="utf-8") if mailed.exists() else ""


@pytest.mark.parametrize("status", [0, 75, 77])
def test_the_cron_line_mails_when_the_account_has_to_be_connected_anew(tmp_path: Path, status: int) -> None:
    (line,) = blocks("cron")
    schedule = re.match(r"(?:\S+ ){5}", line)
    assert schedule is not None
    assert "%" not in line  # cron takes it for the end of a line
    program(tmp_path / ".venv/bin/tap-jobber-pipeline", _FAKE.format(status=status))
    mailed = run(tmp_path, line[schedule.end() :].replace("/opt/jobber", str(tmp_path)))
    said = "-s Jobber account 1001 has to be connected anew ops@example.com the last line\n"
    assert mailed == (said if status == 77 else "")
    words = (tmp_path / "1001.out").read_text(encoding="utf-8").splitlines()
    assert words[:5] == ["jobber_1001", "--account", "1001", "--state", "1001.json"]
    assert words[-1] == "target-postgres --config=ENV"


@pytest.mark.parametrize("status", ["0", "75", "77", "TERM"])
def test_the_service_mails_when_the_account_has_to_be_connected_anew(tmp_path: Path, status: str) -> None:
    service = blocks("ini")[0]
    found = re.search(r"^ExecStopPost=/bin/sh -c '(.*)'$", service, re.MULTILINE)
    assert found is not None
    mailed = run(tmp_path, found[1].replace("%i", "1001"), EXIT_STATUS=status)
    assert bool(mailed) == (status == "77")


@pytest.mark.skipif(ANALYZE is None, reason="there is no systemd")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    units = blocks("ini")
    for name, unit in zip(("jobber@.service", "jobber@.timer"), units, strict=True):
        # A program and a user that are here.
        text = unit.replace("/opt/jobber/.venv/bin/tap-jobber-pipeline", "/bin/true").replace(
            "User=jobber", "User=root"
        )
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in ("jobber@1001.service", "jobber@1001.timer"):
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
