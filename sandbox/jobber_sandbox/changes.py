"""Create, edit and delete rows as a list of JSON objects says."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jobber_sandbox.world import Row, World

OPERATIONS = ("create", "edit", "delete")
_KEYS = frozenset({"op", "type", "id", "ids", "count", "random", "parent", "set", "touch", "account"})


class BadChangeError(ValueError):
    """A change that cannot be made."""


def apply(world: World, change: Mapping[str, Any]) -> dict[str, Any]:
    """Make one change, and return it with the ids concerned and the number of rows created, edited or deleted.

    Raises:
        BadChangeError: The change names something that is not there; nothing was done.
    """
    operation, type_name = change.get("op"), str(change.get("type"))
    unknown = set(change) - _KEYS
    if operation not in OPERATIONS or unknown:
        msg = f"a change has an op ({', '.join(OPERATIONS)}) and may have {', '.join(sorted(_KEYS))}"
        raise BadChangeError(msg)
    if type_name not in world.tables:
        msg = f"there is no table of {type_name}; there are {', '.join(sorted(world.tables))}"
        raise BadChangeError(msg)
    if operation == "create":
        rows = _create(world, type_name, change)
        touched = len(rows)
    else:
        rows = _chosen(world, type_name, change)
        touched = 0
        for row in rows:
            if operation == "edit":
                world.edit(row, change.get("set"), touch=change.get("touch", True))
                touched += 1
            else:
                touched += world.delete(row)
    return {"op": operation, "type": type_name, "ids": [row.id for row in rows], "rows": touched}


def _create(world: World, type_name: str, change: Mapping[str, Any]) -> list[Row]:
    parent = None
    if change.get("parent") is not None:
        names = world.tables[type_name].parent_names
        found = (world.find(name, change["parent"]) for name in names)
        parent = next((row for row in found if row is not None), None)
        if parent is None:
            msg = f"there is no {' or '.join(names)} {change['parent']} for a {type_name} to hang from"
            raise BadChangeError(msg)
    return [world.create(type_name, parent, change.get("set")) for _ in range(int(change.get("count", 1)))]


def _chosen(world: World, type_name: str, change: Mapping[str, Any]) -> list[Row]:
    ids: Iterable[str] = change.get("ids") or ([change["id"]] if "id" in change else ())
    if ids:
        found = [(id_text, world.find(type_name, id_text)) for id_text in ids]
        for id_text, row in found:
            if row is None:
                msg = f"there is no {type_name} {id_text}"
                raise BadChangeError(msg)
        return [row for _, row in found if row is not None]
    rows, count = world.tables[type_name].rows, int(change.get("count", 1))
    if change.get("random") is None:
        return rows[:count]
    chance = random.Random(change["random"])  # noqa: S311 it has to be repeatable, not secret
    return chance.sample(rows, min(count, len(rows)))
