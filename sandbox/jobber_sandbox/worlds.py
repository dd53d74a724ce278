"""The kinds of accounts that there are to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobber_sandbox import seeding
from jobber_sandbox.business.business import build_business
from jobber_sandbox.business.values import BUSINESS
from jobber_sandbox.contents import HOSTILE
from jobber_sandbox.timestamps import end_of_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobber_sandbox.contents import Contents
    from jobber_sandbox.options import Options, WorldKind
    from jobber_sandbox.registry import Registry
    from jobber_sandbox.world import World


def contents_of(kind: WorldKind) -> Contents:
    """Return the values of a kind of account."""
    return BUSINESS if kind == "business" else HOSTILE


def build_world(options: Options, number: int, clock: Callable[[], float], registry: Registry) -> World:
    """Return an account with all its rows."""
    if options.world == "hostile":
        return seeding.build_world(options.seed, number, options.scale, clock, registry)
    now = int(clock()) if options.today is None else end_of_day(options.today)
    return build_business(options.seed, number, options.scale, now, clock, registry)
