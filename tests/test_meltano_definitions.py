"""The tap's settings in meltano.yml and in the definition for Meltano Hub."""

from __future__ import annotations

import re
from typing import Any

import meltano_definitions
from ruamel.yaml import YAML

from tests.e2e import truth

REFRESH = "write it anew: python scripts/meltano_definitions.py"


def loaded(text: str) -> Any:  # noqa: ANN401 - YAML
    return YAML(typ="safe").load(text)


def test_meltano_yml_declares_what_the_tap_tells_of_itself() -> None:
    assert meltano_definitions.project() == meltano_definitions.PROJECT.read_text(encoding="utf-8"), REFRESH


def test_the_hub_definition_declares_what_the_tap_tells_of_itself() -> None:
    assert meltano_definitions.hub() == meltano_definitions.HUB.read_text(encoding="utf-8"), REFRESH


def test_meltano_selects_what_is_selected_by_default() -> None:
    (entry,) = loaded(meltano_definitions.project())["plugins"]["extractors"]
    assert entry["select"] == [f"{name}.*" for name in truth.NAMES]


def test_the_settings_of_the_sdk_are_declared_with_their_kinds() -> None:
    kinds = {each["name"]: each["kind"] for each in meltano_definitions.settings()}
    assert kinds["flattening_enabled"] == "boolean"
    assert kinds["flattening_max_depth"] == "integer"
    assert kinds["stream_maps"] == kinds["stream_map_config"] == "object"
    assert kinds["start_date"] == "date_iso8601"
    assert kinds["budget_share"] == "decimal"
    assert kinds["on_missing_permission"] == "options"


def test_descriptions_can_be_split_into_sentences() -> None:
    # Meltano Hub splits at full stops and writes each sentence anew.
    for setting in meltano_definitions.settings():
        sentences = re.split(r"\.\s|\.$", setting["description"])
        assert all(sentence.strip() for sentence in sentences[:-1]), setting
        assert ".." not in setting["description"], setting
