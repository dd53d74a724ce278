"""Writes what Meltano has to know of the tap: its entry in meltano.yml, and a definition for Meltano Hub in docs/hub.

Settings and capabilities come from `tap-jobber --about`, the selected streams from the catalog, so that none of them
is typed twice. Run it after a change of either: `python scripts/meltano_definitions.py`. A test fails when a file is
out of date.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
PROJECT = ROOT / "meltano.yml"
HUB = ROOT / "docs" / "hub" / "tap-jobber.yml"
REPOSITORY = "https://github.com/tap-jobber/tap-jobber"

_SELECT_COMMENT = "Without this Meltano selects every stream; meltano select tap-jobber client_ids '*' adds one."
_KINDS = {"array": "array", "boolean": "boolean", "integer": "integer", "number": "decimal", "object": "object"}


@cache
def _told(*words: str) -> dict[str, Any]:
    """Return what the tap prints as JSON."""
    command = [sys.executable, "-m", "tap_jobber", *words]
    told: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return told


def settings() -> list[dict[str, Any]]:
    """Return all settings as Meltano declares them, in the order in which Meltano writes their keys."""
    return [_setting(name, each) for name, each in _told("--about", "--format=json")["settings"]["properties"].items()]


def _setting(name: str, described: dict[str, Any]) -> dict[str, Any]:
    (kind,) = {_KINDS.get(each, "string") for each in described["type"] if each != "null"}
    declared: dict[str, Any] = {"name": name, "kind": kind}
    if described.get("format") == "date-time":
        declared["kind"] = "date_iso8601"
    if described.get("default") is not None:
        declared["value"] = described["default"]
    declared |= {"label": described["title"], "description": described["description"]}
    if "enum" in described:
        declared["kind"] = "options"
        declared["options"] = [{"label": value.capitalize(), "value": value} for value in described["enum"]]
    if described.get("secret"):
        declared["sensitive"] = True
    return declared


def _shared() -> dict[str, Any]:
    """Return what both files say."""
    about = _told("--about", "--format=json")
    return {
        "capabilities": sorted(about["capabilities"]),
        "settings_group_validation": [about["settings"]["required"]],
        "settings": settings(),
        "select": [f"{each}.*" for each in selected_streams()],
    }


def selected_streams() -> list[str]:
    """Return the names of the streams that are selected by default, sorted."""
    streams = _told("--discover")["streams"]
    whole = {each["tap_stream_id"]: each["metadata"][-1]["metadata"] for each in streams}
    return sorted(name for name, metadata in whole.items() if metadata["selected"])


def project() -> str:
    """Return meltano.yml with the tap's entry brought up to date."""
    yaml = _yaml()
    content = yaml.load(PROJECT.read_text(encoding="utf-8"))
    (entry,) = (each for each in content["plugins"]["extractors"] if each["name"] == "tap-jobber")
    for name, value in _shared().items():
        entry[name] = value
    entry.yaml_set_comment_before_after_key("select", before=_SELECT_COMMENT, indent=4)
    return _text(yaml, content)


def hub() -> str:
    """Return the definition for Meltano Hub."""
    about = _told("--about", "--format=json")
    shared = _shared()
    definition = {
        "name": "tap-jobber",
        "variant": "tap-jobber",
        "namespace": "tap_jobber",
        "label": "Jobber",
        "description": "Field-service software: clients, quotes, jobs, visits, invoices, payments and time sheets.",
        "pip_url": f"git+{REPOSITORY}.git",
        "repo": REPOSITORY,
        "docs": f"{REPOSITORY}#readme",
        "domain_url": "https://getjobber.com",
        "executable": "tap-jobber",
        "keywords": ["meltano_sdk", "api", "graphql"],
        "maintenance_status": "active",
        "quality": "silver",
        "supported_python_versions": about["supported_python_versions"],
        **shared,
    }
    return _text(_yaml(), definition)


def _yaml() -> YAML:
    """Write as Meltano does, so that its own changes of the file stay small."""
    yaml = YAML()
    yaml.width = sys.maxsize
    yaml.indent(mapping=2, sequence=2, offset=0)
    yaml.preserve_quotes = True
    return yaml


def _text(yaml: YAML, content: object) -> str:
    written = io.StringIO()
    yaml.dump(content, written)
    return written.getvalue()


if __name__ == "__main__":
    HUB.parent.mkdir(exist_ok=True)
    for path, text in ((PROJECT, project()), (HUB, hub())):
        path.write_text(text, encoding="utf-8")
