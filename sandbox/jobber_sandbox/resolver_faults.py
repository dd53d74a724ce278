"""Faults of single fields and rows: they happen while a query runs, and the rest of the answer is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, get_named_type

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobber_sandbox.dynamic_types import Info, Value
    from jobber_sandbox.faults import Fault

RESOLVER_KINDS = frozenset({"failing_field", "hidden", "unservable"})
_FAILURE = "undefined method 'cents' for nil"
_PARTS_OF_LISTS = ("Connection", "Edge")


class UnservableError(Exception):
    """The query takes too long, so that nothing of it is answered.

    Args:
        status: The HTTP status of the answer.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def middleware(faults: Sequence[Fault]) -> Callable[..., Any]:
    """Return what stands between a query and its resolvers while some faults are armed."""
    hidden = [fault for fault in faults if fault.kind == "hidden"]
    fields = {fault.field for fault in hidden if fault.field is not None}
    fields |= {f"Query.{fault.root}" for fault in hidden if fault.root is not None and fault.field is None}
    veils = [fault for fault in hidden if fault.type is not None]
    failing = [fault for fault in faults if fault.kind == "failing_field"]
    unservable = [fault for fault in faults if fault.kind == "unservable"]

    def resolve(following: Callable[..., Any], node: Value, info: Info, **arguments: Any) -> Value:
        owner, name = info.parent_type.name, info.field_name
        if f"{owner}.{name}" in fields:
            msg = f"The field {name} on an object of type {owner} was hidden due to permissions"
            raise GraphQLError(msg)
        for fault in failing:
            if fault.field == f"{owner}.{name}" and _is_named(node, fault):
                raise GraphQLError(fault.message or _FAILURE)
        value = following(node, info, **arguments)
        is_list = isinstance(value, (list, tuple))
        for fault in unservable if is_list and owner.endswith("Connection") else ():
            if _is_too_much(value, fault):
                raise UnservableError(fault.status or 504)
        if not veils or get_named_type(info.return_type).name.endswith(_PARTS_OF_LISTS):
            return value
        return [_veiled(item, veils) for item in value] if is_list else _veiled(value, veils)

    return resolve


def _is_named(item: object, fault: Fault) -> bool:
    """Return True if a fault applies to an object: one of its `ids`, or any if it has none."""
    return fault.ids is None or getattr(item, "id", None) in fault.ids


def _is_too_much(rows: Sequence[object], fault: Fault) -> bool:
    if fault.type is not None and not any(getattr(row, "typename", None) == fault.type for row in rows):
        return False
    if fault.rows is not None and len(rows) > fault.rows:
        return True
    return fault.ids is not None and any(_is_named(row, fault) for row in rows)


def _veiled(value: Value, veils: Sequence[Fault]) -> Value:
    typename = getattr(value, "typename", None)
    if any(fault.type == typename and _is_named(value, fault) for fault in veils):
        return GraphQLError(f"An object of type {typename} was hidden due to permissions")
    return value
