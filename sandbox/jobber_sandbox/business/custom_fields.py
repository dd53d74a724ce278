"""Custom fields of a business: some answers that make sense for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox.fields.catalog import KINDS
from jobber_sandbox.fields.generators import read
from jobber_sandbox.world import Part, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobber_sandbox.world import Node, Row

_ANSWER, _ANSWERED, _FIELD = salt_of("answer"), salt_of("answered"), salt_of("custom field")
_PREFIX = "CustomFieldConfiguration"


def custom_fields(applies_to: str) -> Callable[[Node], list[Part]]:
    """Return the getter of a row's custom fields: one for each configuration that applies to its type."""
    key = ("custom fields", applies_to)

    def get(node: Node) -> list[Part]:
        configurations = node.world.cache.get(key)
        if configurations is None:
            rows = node.world.tables["CustomFieldConfiguration"].rows
            configurations = node.world.cache[key] = [row for row in rows if read(row, "appliesTo") == applies_to]
        return [_custom_field(node, row) for row in configurations]

    return get


def _custom_field(node: Node, configuration: Row) -> Part:
    kind = configuration.typename.removeprefix(_PREFIX)
    choices = read(configuration, "choices") or (read(configuration, "defaultValue"),)
    is_answered = node.roll(_ANSWERED + configuration.number) % 3 > 0
    value = choices[node.roll(_ANSWER + configuration.number + node.revision) % len(choices)]
    given: dict[str, Any] = {
        "customFieldConfiguration": configuration,
        "label": read(configuration, "name"),
        f"value{kind}": value if is_answered else read(configuration, "defaultValue"),
    }
    if kind == "Dropdown":
        given["dropdownOptions"] = read(configuration, "dropdownOptions")
    if kind in {"Area", "Numeric"}:
        given["unit"] = read(configuration, "unit")
    part = Part(f"CustomField{kind}", node, _FIELD + configuration.number, given)
    given["id"] = part.id if is_answered else None
    return part


CONFIGURATIONS: Mapping[str, Mapping[str, Callable[[Node], Any]]] = {
    f"{_PREFIX}{kind}": {"sortOrder": lambda node: node.number} for kind in KINDS
}
