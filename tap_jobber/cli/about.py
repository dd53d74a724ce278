"""The text of --about: the SDK's, with what each setting is for and what holds without it."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from typing import TYPE_CHECKING, Any

from singer_sdk.about import TextFormatter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.about import AboutInfo

_WIDTH = 100


def about_text(info: AboutInfo) -> str:
    """Return what the tap is and can do, and its settings with their descriptions."""
    head = TextFormatter().format_about(dataclasses.replace(info, settings={}))
    required = info.settings.get("required", [])
    lines = [
        line
        for name, setting in info.settings.get("properties", {}).items()
        for line in _setting(name, setting, info.env_var_prefix, is_required=name in required)
    ]
    return head + "\n".join(lines)


def _setting(name: str, setting: Mapping[str, Any], prefix: str, *, is_required: bool) -> Iterator[str]:
    types = [setting["type"]] if isinstance(setting["type"], str) else setting["type"]
    yield f"  - Name: {name}"
    yield f"    Type: {' or '.join(each for each in types if each != 'null')}{' (required)' if is_required else ''}"
    yield f"    Environment Variable: {prefix}{name.upper()}"
    if "default" in setting:
        yield f"    Default: {json.dumps(setting['default'])}"
    description = f"Description: {setting.get('description', setting.get('title', ''))}"
    yield from textwrap.wrap(
        description,
        _WIDTH,
        initial_indent="    ",
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )
