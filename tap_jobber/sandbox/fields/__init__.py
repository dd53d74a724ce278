"""What each field of Jobber's main types holds, by domain; all other fields are invented from their types."""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, Any

from tap_jobber.sandbox.fields import account, billing, catalog, clients, scheduling, team, work

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_jobber.sandbox.world import Node

_DOMAINS = (account, clients, work, scheduling, billing, team, catalog)

VALUES: Mapping[str, Mapping[str, Callable[[Node], Any]]] = ChainMap(*(dict(domain.VALUES) for domain in _DOMAINS))
LISTS: Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]] = ChainMap(
    *(dict(domain.LISTS) for domain in _DOMAINS)
)
