"""The typed settings and the JSON Schema of the settings say the same."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from tap_jobber.config.schema import SECRETS, SETTINGS
from tap_jobber.config.settings import Settings
from tap_jobber.tap import TapJobber

CONFIG: dict[str, Any] = {"client_id": "id", "client_secret": "secret-of-the-app"}
JSON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def own_properties() -> dict[str, Any]:
    """Return the schema of each setting but the SDK's, of which the tap restates one."""
    of_the_sdk: dict[str, Any] = {"properties": {}}
    super(TapJobber, TapJobber).append_builtin_config(of_the_sdk)
    left = {*of_the_sdk["properties"]} - {"batch_config"}
    return {name: each for name, each in SETTINGS["properties"].items() if name not in left}


def test_each_setting_is_a_field_in_the_same_order() -> None:
    assert [each.name for each in fields(Settings)] == list(own_properties())


def test_each_field_has_the_type_of_its_setting() -> None:
    for name, hint in get_type_hints(Settings).items():
        described = own_properties()[name]
        members = set(get_args(hint)) if NoneType in get_args(hint) else {hint}
        may_be_unset = name not in SETTINGS["required"] and "default" not in described
        assert (NoneType in members) is may_be_unset, name
        (kind,) = members - {NoneType}
        if get_origin(kind) is Literal:
            assert list(get_args(kind)) == described["enum"]
            kind = str
        assert JSON_TYPES[get_origin(kind) or kind] in described["type"], name


def test_nothing_changes_them() -> None:
    settings = TapJobber(config=CONFIG).settings
    with pytest.raises(FrozenInstanceError):
        settings.page_size = 1  # type: ignore[misc]


def test_no_secret_is_shown() -> None:
    config = {name: f"very-secret-{name}" for name in (*SECRETS, "token_store")}
    assert "very-secret" not in repr(TapJobber(config={**CONFIG, **config}).settings)


def test_the_addresses_have_no_second_slash() -> None:
    settings = TapJobber(config={**CONFIG, "api_url": "http://127.0.0.1:8000/api/"}).settings
    assert settings.graphql_url == "http://127.0.0.1:8000/api/graphql"
    assert settings.token_url == "http://127.0.0.1:8000/api/oauth/token"


def test_without_validation_what_is_required_may_be_missing() -> None:
    assert TapJobber(config={"page_size": "odd"}, validate_config=False, setup_mapper=False).settings.client_id == ""
