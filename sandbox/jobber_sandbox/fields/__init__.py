"""Values of the fields of Jobber's main types, by domain; those of all others follow from their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.fields import (
    account,
    billing,
    catalog,
    clients,
    expenses,
    files,
    links,
    marketing,
    scheduling,
    team,
    timesheets,
    work,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from jobber_sandbox.world import Node, World

    Values = Mapping[str, Mapping[str, Callable[[Node], Any]]]
    Lists = Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]]


def _merged(domains: Iterable[Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Merge the fields that several domains have for each type."""
    merged: dict[str, dict[str, Any]] = {}
    for domain in domains:
        for type_name, fields in domain.items():
            merged.setdefault(type_name, {}).update(fields)
    return merged


_DOMAINS = (account, clients, work, scheduling, billing, team, catalog, expenses, files, links, marketing, timesheets)

VALUES: Values = _merged(domain.VALUES for domain in _DOMAINS)
LISTS: Lists = _merged(domain.LISTS for domain in _DOMAINS)
ROOT_LISTS: Mapping[str, Callable[[World, Mapping[str, Any]], Sequence[Node]]] = {
    "socialMarketingItems": marketing.social_items,
    "timeSheetEntriesByGroup": timesheets.groups,
    "workObjectTasks": links.tasks_of_work,
}
"""The lists of the root that are not all rows of a table."""
