"""The smallest tap of the SDK, to compare start-up times with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Tap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Stream


class EmptyTap(Tap):
    """A tap without settings and without streams."""

    name = "empty-tap"
    config_jsonschema: ClassVar[dict[str, Any]] = {"type": "object", "properties": {}}

    def discover_streams(self) -> Sequence[Stream]:
        """Return no streams."""
        return []


if __name__ == "__main__":
    EmptyTap.cli()
