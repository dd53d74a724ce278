"""Products, taxes and custom fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobber_sandbox import sample_words
from jobber_sandbox.fallback_values import picked
from jobber_sandbox.fields.generators import read, row_of
from jobber_sandbox.world import Part, Row, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobber_sandbox.dynamic_types import Value
    from jobber_sandbox.world import Node

KINDS = ("Area", "Dropdown", "Link", "Numeric", "Text", "TrueFalse")
APPLIES_TO = (
    *(("ALL_CLIENTS",) * len(KINDS)),
    *(("ALL_JOBS",) * len(KINDS)),
    *(("ALL_PROPERTIES", "ALL_QUOTES", "ALL_INVOICES", "ALL_PRODUCTS_AND_SERVICES", "TEAM") * 2),
)
_VALUE, _ANSWERED, _COST = salt_of("custom value"), salt_of("answered"), salt_of("unit cost")
_CHOICES = ("Gold", "Silver", "Bronzé", "未定")
_TAX_PERCENTS = (5.0, 13.0, 14.975, 0.0, 15.0, 9.975, 7.25, 20.0)


def kind_of(node: Node) -> str:
    """Return the kind of a custom field configuration."""
    return KINDS[(node.number - 1) % len(KINDS)]


def _applies_to(node: Node) -> str:
    return APPLIES_TO[(node.number - 1) % len(APPLIES_TO)]


def custom_fields(applies_to: str) -> Callable[[Node], list[Part]]:
    """Return the getter of a row's custom fields: one for each configuration that applies to its type."""
    key = ("custom fields", applies_to)

    def get(node: Node) -> list[Part]:
        world = node.world
        configurations = world.cache.get(key)
        if configurations is None:
            configurations = world.cache[key] = [
                row for row in world.tables["CustomFieldConfiguration"].rows if read(row, "appliesTo") == applies_to
            ]
        return [_custom_field(node, row) for row in configurations]

    return get


def _custom_field(node: Node, configuration: Row) -> Part:
    kind = kind_of(configuration)
    roll = node.roll(_VALUE + configuration.number + node.revision)
    given: dict[str, Any] = {
        "customFieldConfiguration": configuration,
        "label": read(configuration, "name"),
        f"value{kind}": _custom_value(kind, roll),
    }
    if kind == "Dropdown":
        given["dropdownOptions"] = list(_CHOICES)
    unit = read(configuration, "unit") if kind in {"Area", "Numeric"} else None
    if unit is not None:
        given["unit"] = unit
    part = Part(f"CustomField{kind}", node, salt_of("custom field") + configuration.number, given)
    given["id"] = part.id if node.roll(_ANSWERED + configuration.number) % 3 else None
    return part


def _custom_value(kind: str, roll: int) -> Value:
    by_kind: dict[str, Any] = {
        "Area": {"length": roll % 900 / 10, "width": roll % 700 / 10},
        "Dropdown": _CHOICES[roll % len(_CHOICES)],
        "Link": {"text": picked(sample_words.COMPANIES, roll), "url": f"https://example.com/{roll % 1_000}"},
        "Numeric": roll % 10_000 / 4,
        "Text": picked(sample_words.SENTENCES, roll),
        "TrueFalse": roll % 2 == 0,
    }
    return by_kind[kind]


def _predecessor(node: Node) -> Row | None:
    """Return the configuration that this one was made from: the one before it."""
    return node.world.tables["CustomFieldConfiguration"].by_number.get(node.number - 1)


def _configuration(kind: str) -> Mapping[str, Callable[[Node], Any]]:
    value_type = {"TrueFalse": "TRUE_FALSE"}.get(kind, kind.upper())
    return {
        "appliesTo": _applies_to,
        "archived": lambda _node: False,
        "defaultValue": lambda node: _custom_value(kind, node.roll(_VALUE)),
        "dropdownOptions": lambda _node: list(_CHOICES),
        "name": lambda node: f"{kind} {node.number}",
        "sortOrder": lambda node: node.number,
        "transferedFrom": _predecessor,
        "valueType": lambda _node: value_type,
    }


_TAX_RATE: Mapping[str, Callable[[Node], Any]] = {
    "default": lambda node: node.number == 1,
    "label": lambda node: f"GST/TPS {read(node, 'tax')} %",
    "tax": lambda node: picked_percent(node.number),
}


def picked_percent(number: int) -> float:
    """Return the percentage of the tax with a number."""
    return _TAX_PERCENTS[number % len(_TAX_PERCENTS)]


VALUES: Mapping[str, Mapping[str, Callable[[Node], Any]]] = {
    **{f"CustomFieldConfiguration{kind}": _configuration(kind) for kind in KINDS},
    "ProductOrService": {
        "customFields": custom_fields("ALL_PRODUCTS_AND_SERVICES"),
        "defaultUnitCost": lambda node: (node.roll(_COST + node.revision) % 90_000 + 100) / 100,
        "lastJobLineItem": lambda node: row_of(node).world.tables["JobLineItem"].pick(node.roll(_COST)),
    },
    "TaxRate": _TAX_RATE,
    "TaxRateBase": _TAX_RATE,
}
LISTS: Mapping[str, Mapping[str, Callable[[Node, Mapping[str, Any]], Any]]] = {}
