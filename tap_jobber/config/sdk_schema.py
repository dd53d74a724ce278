"""The settings that the SDK brings: what the tap states otherwise, and what in them does not go together."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BATCH_CONFIG: th.Property[Any] = th.Property(
    "batch_config",
    th.ObjectType(
        th.Property(
            "encoding",
            th.ObjectType(
                th.Property(
                    "format",
                    th.StringType(),
                    required=True,
                    allowed_values=["jsonl"],
                    title="Batch Encoding Format",
                    description="The format of the files: jsonl.",
                ),
                th.Property(
                    "compression",
                    th.StringType(),
                    allowed_values=["gzip", "none"],
                    title="Batch Compression Format",
                    description="How the files are compressed: gzip or none, which is the default.",
                ),
                additional_properties=False,
            ),
            title="Batch Encoding Configuration",
            description="An object with the format of the files, jsonl, and their compression, gzip or none.",
        ),
        th.Property(
            "storage",
            th.ObjectType(
                th.Property(
                    "root",
                    th.StringType(min_length=1),
                    required=True,
                    title="Batch Storage Root",
                    description="The folder that the files are written to, as a path or as an address such as s3://bucket/folder.",
                ),
                th.Property(
                    "prefix",
                    th.StringType(),
                    title="Batch Storage Prefix",
                    description="What the names of the files begin with.",
                ),
                th.Property(
                    "params",
                    th.ObjectType(),
                    title="Batch Storage Parameters",
                    description="What the library behind the address is to be told, by name.",
                ),
                additional_properties=False,
            ),
            title="Batch Storage Configuration",
            description="An object with the root of the files and, if need be, a prefix of their names.",
        ),
        th.Property(
            "batch_size",
            th.IntegerType(minimum=1),
            title="Batch Size",
            description="The most rows in a file, 10,000 by default; each state ends a file too.",
        ),
        additional_properties=False,
    ),
    title="Batch Configuration",
    description="Write rows to files, each named by a BATCH message: an object with encoding and storage.",
)
"""Rows in files: as the SDK has it, but with what that leaves open, and without a format that needs a library."""


def drop_bare_types(described: object) -> None:
    """Drop names of types from among the alternatives of a JSON Schema, where only schemas can be.

    Args:
        described: The schema, or something in it; it is changed.
    """
    if isinstance(described, list):
        for each in described:
            drop_bare_types(each)
    elif isinstance(described, dict):
        if "anyOf" in described:
            described["anyOf"] = [each for each in described["anyOf"] if not isinstance(each, str)]
        drop_bare_types(list(described.values()))


def sdk_complaints(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what JSON Schema cannot see in the settings that are the SDK's own.

    Args:
        config: The settings, with defaults, as JSON Schema accepts them.
    """
    batches = config.get("batch_config")
    if batches:
        missing = [f"batch_config.{name}" for name in ("encoding", "storage") if not batches.get(name)]
        if missing:
            yield f"{' and '.join(missing)} is missing: {BATCH_CONFIG.description}"
    if batches and config["emit_activate_version_messages"]:
        # Those that there are take no version from a BATCH message, and then drop all rows that have none.
        yield (
            "batch_config and emit_activate_version_messages do not go together, since rows in files carry no version "
            "and targets would drop them: remove one of the two"
        )
    if config.get("faker_config") and find_spec("faker") is None:
        yield "faker_config needs a library that is not installed: pip install faker, or remove the setting"
    depth = config.get("flattening_max_depth")
    if depth is not None and depth < 0:
        yield f"flattening_max_depth is {depth}, which is not a depth: write how many levels to flatten, such as 4"
