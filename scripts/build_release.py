"""Builds the distribution that a release tag names, into dist/: `python scripts/build_release.py v0.1.0`.

The tag has to name the version that pyproject.toml has, the only place where it is written.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = {"": ROOT, "sandbox-": ROOT / "sandbox"}


def folder_of(tag: str) -> Path:
    """Return the folder of the distribution that a tag releases.

    Raises:
        SystemExit: If it names none, or another version.
    """
    found = re.fullmatch(r"(sandbox-|)v(\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)", tag)
    if found is None:
        raise SystemExit(f"{tag!r} is no release: name it like v0.1.0 or sandbox-v0.1.0")
    folder = FOLDERS[found[1]]
    path = folder / "pyproject.toml"
    (version,) = re.findall(r'^version = "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    if version != found[2]:
        raise SystemExit(f"{tag} is not version {version}, which {path.relative_to(ROOT)} has: set it there first")
    return folder


if __name__ == "__main__":
    chosen = folder_of(sys.argv[1] if len(sys.argv) > 1 else "")
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(ROOT / "dist"), str(chosen)], check=True)
