"""Invent a value for any field of the schema from its type and its name.

Nothing here knows what a client or a job is: that is said, where it matters, in `fields/`. So a field that the schema
gains is served at once, with a value of the right type that never changes by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
)

from jobber_sandbox import sample_words
from jobber_sandbox.timestamps import DAY_SECONDS, iso, iso_date
from jobber_sandbox.world import Node, Part, Row, encoded_id, mixed, salt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphql import GraphQLOutputType, GraphQLSchema

    from jobber_sandbox.dynamic_types import Getter, SchemaType, Value

NULL_ONE_IN = 6
MANY = 4
FREE_TEXTS = frozenset(
    {"title", "message", "description", "instructions", "subject", "details", "note", "defaultVisitTitle"}
)
_NULL_SALT = salt_of("null")
_CLOSE = 120 * DAY_SECONDS


def picked(words: Sequence[str], roll: int) -> str:
    """Return one of the words."""
    return words[roll % len(words)]


_TEXTS: Mapping[str, Callable[[int], str]] = {
    "address": lambda roll: f"user{roll % 100_000}@example.com",
    "brand": lambda roll: picked(("Visa", "Mastercard", "Amex"), roll),
    "assignedColor": lambda roll: picked(sample_words.COLOURS, roll),
    "city": lambda roll: picked(sample_words.CITIES, roll),
    "companyName": lambda roll: picked(sample_words.COMPANIES, roll),
    "country": lambda roll: picked(sample_words.COUNTRIES, roll),
    "countryCode": lambda roll: picked(("CA", "US", "GB"), roll),
    "currency": lambda _roll: "cad",
    "email": lambda roll: f"user{roll % 100_000}@example.com",
    "firstName": lambda roll: picked(sample_words.FIRST_NAMES, roll),
    "friendly": lambda roll: f"(555) {roll % 900 + 100}-{roll % 9_000 + 1_000}",
    "iconColor": lambda roll: picked(sample_words.COLOURS, roll),
    "lastName": lambda roll: picked(sample_words.LAST_NAMES, roll),
    "label": lambda roll: picked(("Main", "Office", "Mobile", "Été", "その他"), roll),
    "lastDigits": lambda roll: f"{roll % 10_000:04}",
    "latitude": lambda roll: f"{roll % 18_000_000 / 100_000 - 90:.5f}",
    "latitudeString": lambda roll: f"{roll % 18_000_000 / 100_000 - 90:.5f}",
    "licensePlate": lambda roll: f"ABC-{roll % 10_000:04}",
    "longitude": lambda roll: f"{roll % 36_000_000 / 100_000 - 180:.5f}",
    "longitudeString": lambda roll: f"{roll % 36_000_000 / 100_000 - 180:.5f}",
    "make": lambda roll: picked(sample_words.MAKES, roll),
    "model": lambda roll: picked(sample_words.MODELS, roll),
    "name": lambda roll: picked(sample_words.SERVICES, roll),
    "number": lambda roll: f"555{roll % 10_000_000:07}",
    "phone": lambda roll: f"555{roll % 10_000_000:07}",
    "postalCode": lambda roll: f"T{roll % 10}X {roll % 7}Y{roll % 9}",
    "province": lambda roll: picked(sample_words.PROVINCES, roll),
    "street": lambda roll: f"{roll % 9_000 + 1} {picked(sample_words.STREETS, roll)}",
    "street1": lambda roll: f"{roll % 9_000 + 1} {picked(sample_words.STREETS, roll)}",
    "street2": lambda roll: picked(("", "", "Unit 4", "Étage 2"), roll),
    "title": lambda roll: picked(sample_words.SERVICES, roll),
    "timezone": lambda roll: picked(sample_words.TIMEZONES, roll),
    "unit": lambda roll: picked(("m", "ft", "kg", "hours"), roll),
    "url": lambda roll: f"https://example.com/{roll % 100_000}",
    "uuid": lambda roll: f"{roll & 0xFFFFFFFF:08x}-0000-4000-8000-{roll >> 16:012x}",
    "vin": lambda roll: f"1FTBW2CM{roll % 10**9:09}",
}


class Texts(NamedTuple):
    """The words for texts that are invented.

    Attributes:
        by_field: Of some fields their own.
        otherwise: Those of all others, by the name of the field.
    """

    by_field: Mapping[str, Callable[[int], str]]
    otherwise: Callable[[str], Callable[[int], str]]


def _sentence(roll: int) -> str:
    return picked(sample_words.SENTENCES, roll)


HOSTILE_TEXTS = Texts(_TEXTS, lambda _field: _sentence)


def _boolean(node: Node, salt: int) -> bool:
    return node.roll(salt) % 3 == 0


def _integer(node: Node, salt: int) -> int:
    return node.roll(salt) % 240


def _number(node: Node, salt: int) -> float:
    return node.roll(salt) % 500_000 / 100


def _moment(node: Node, salt: int) -> str:
    return iso(min(node.world.now, node.created + node.roll(salt) % _CLOSE))


_SCALARS: Mapping[str, Callable[[Node, int], Any]] = {
    "Boolean": _boolean,
    "Int": _integer,
    "Float": _number,
    "Minutes": lambda node, salt: node.roll(salt) % 32 * 15,
    "Seconds": lambda node, salt: node.roll(salt) % 480 * 60,
    "ISO8601DateTime": _moment,
    "ISO8601Date": lambda node, salt: iso_date(min(node.world.now, node.created + node.roll(salt) % _CLOSE)),
    "Timezone": lambda node, salt: picked(sample_words.TIMEZONES, node.roll(salt)),
    "JSON": lambda node, salt: {"source": "sandbox", "rank": node.roll(salt) % 100},
    "ICalendarRule": lambda node, salt: (
        f"FREQ=WEEKLY;INTERVAL={node.roll(salt) % 4 + 1};BYDAY={picked(('MO', 'TU', 'FR'), node.roll(salt))}"
    ),
}
_BY_FIELD: Mapping[str, Callable[[Node], Any]] = {
    "id": lambda node: node.id,
    "createdAt": lambda node: iso(node.created),
    "updatedAt": lambda node: iso(node.updated),
    "jobberWebUri": lambda node: f"https://secure.getjobber.com/{node.typename.lower()}s/{node.number}",
}


def fallback_value(
    typename: str, field: str, field_type: GraphQLOutputType, schema: GraphQLSchema, texts: Texts = HOSTILE_TEXTS
) -> Getter:
    """Return the getter of an invented value for a field."""
    salt = salt_of(f"{typename}.{field}")
    if field == "id" and get_named_type(field_type).name == "Int":
        return lambda node: node.number
    if field in _BY_FIELD:
        return _BY_FIELD[field]
    present = _present(field, get_nullable_type(field_type), salt, schema, texts)
    if isinstance(field_type, GraphQLNonNull) or typename == "Query":  # one that is null at the root is never seen
        return present
    null_salt = salt ^ _NULL_SALT

    def nullable(node: Node) -> Value:
        return None if node.roll(null_salt) % NULL_ONE_IN == 0 else present(node)

    return nullable


def _present(field: str, field_type: SchemaType, salt: int, schema: GraphQLSchema, texts: Texts) -> Getter:
    if not isinstance(field_type, GraphQLList):
        return _single(field, get_named_type(field_type), salt, schema, texts)
    named = get_named_type(field_type)
    items = [_single(field, named, mixed(salt + index), schema, texts) for index in range(MANY - 1)]

    def several(node: Node) -> list[Any]:
        found = [item(node) for item in items[: node.roll(salt) % MANY]]
        return [item for item in found if item is not None]

    return several


def _single(field: str, named_type: SchemaType, salt: int, schema: GraphQLSchema, texts: Texts) -> Getter:
    if isinstance(named_type, GraphQLEnumType):
        choices = tuple(named_type.values)
        return lambda node: choices[node.roll(salt) % len(choices)]
    if isinstance(named_type, GraphQLScalarType):
        return _scalar(field, named_type.name, salt, texts)
    if isinstance(named_type, GraphQLObjectType):
        return _object((named_type.name,), named_type.name, salt)
    if is_abstract_type(named_type):
        members = tuple(member.name for member in schema.get_possible_types(named_type))
        return _object(members, named_type.name, salt)
    msg = f"{named_type} is no output type"
    raise TypeError(msg)


def _scalar(field: str, type_name: str, salt: int, texts: Texts) -> Getter:
    if type_name == "EncodedId":
        kind = field.removesuffix("s").removesuffix("Id") or "Object"
        kind = kind[0].upper() + kind[1:]
        return lambda node: encoded_id(kind, node.roll(salt) % 100_000 + 1)
    known = _SCALARS.get(type_name)
    if known is not None:
        return lambda node: known(node, salt)
    text = texts.by_field.get(field) or texts.otherwise(field)
    if field in FREE_TEXTS:
        return lambda node: edited(text(node.roll(salt)), node)
    return lambda node: text(node.roll(salt))


def edited(text: str, node: Node) -> str:
    """Return a text that shows how often its row was edited."""
    return f"{text} ({node.revision})" if node.revision else text


def _object(members: tuple[str, ...], declared: str, salt: int) -> Getter:
    """Return the getter of a row if a table holds the declared type or a member, else of a part."""

    def get(node: Node) -> Node | None:
        tables = node.world.tables
        if declared in tables:
            return linked(node, declared, salt)
        member = members[node.roll(salt) % len(members)]
        if member in tables:
            return tables[member].pick(node.roll(salt))
        return Part(member, node, salt)

    return get


def linked(node: Node, type_name: str, salt: int) -> Row | None:
    """Return the row of a type that an object belongs to, or any row of the type if no relation exists."""
    row = node if isinstance(node, Row) else node.row
    found = row.ancestor(type_name) if row.table.type_name != type_name else None
    if found is not None or row.world.hangs_from(row.table.type_name, type_name):
        return found
    return row.world.tables[type_name].pick(node.roll(salt))
