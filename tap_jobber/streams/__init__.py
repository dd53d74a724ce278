"""The streams of the tap: one short declaration per table, a module per domain, collected here."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, get_origin

from tap_jobber.streams.jobber_stream import JobberStream

if TYPE_CHECKING:
    from collections.abc import Iterator


def _declared() -> Iterator[type[JobberStream]]:
    """Yield each stream that a module of this package declares; a class without a name is a base of others."""
    for module in iter_modules(__path__, f"{__name__}."):
        for each in vars(import_module(module.name)).values():
            # In Python 3.10 an alias such as `list[str]` counts as a type, too.
            is_stream = isinstance(each, type) and get_origin(each) is None and issubclass(each, JobberStream)
            if is_stream and each.__module__ == module.name and vars(each).get("name"):
                yield each


STREAMS = tuple(sorted(_declared(), key=lambda stream: stream.name))
"""Every stream of the tap."""
