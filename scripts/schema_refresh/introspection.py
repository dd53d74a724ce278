"""Asks a live API about its types: some at a time, as many as a bucket of points allows.

A query for the whole schema costs several full buckets (see the notes in `sandbox/jobber_sandbox/price.py`), so it
could never be answered. Types are asked for one by one, several in a request by alias. How much a type costs is not
documented: what the server says of each request corrects the price of the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from graphql import parse_value, print_ast

from schema_refresh.model import NO_SUCCESSOR, Argument, Entry, Kind, Type
from tap_jobber.api.client import DriftError, FieldsFailedError, NotPermittedError, TooExpensiveError, Usage
from tap_jobber.api.graphql_errors import REFUSED_QUERY
from tap_jobber.api.transport import Query
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_jobber.api.client import Answer

MOST_TYPES = 25
# Enough for [X!]!, and for whatever a list of lists may need.
DEPTH, GREAT_DEPTH = 4, 9
_LIST_ITEMS = 10
_WRAPPERS = {"NON_NULL": "{}!", "LIST": "[{}]"}


@dataclass(frozen=True)
class Form:
    """Form of the query for types.

    Attributes:
        depth: How many wrappers of a type are unfolded.
        tells_deprecated_arguments: True if the server takes `includeDeprecated` for arguments and input fields.
    """

    depth: int = DEPTH
    tells_deprecated_arguments: bool = True


class Api(Protocol):
    """A live API."""

    def execute(self, query: Query, usage: Usage) -> Answer:
        """Send a query until it is answered; as `Client.execute`."""


class TooDeepError(Exception):
    """A type in more wrappers than were asked for."""


@dataclass
class Introspection:
    """Types as a live API describes them.

    Args:
        api: The API.
        ceiling_points: The most that a request may cost.
        usage: Where to add what it costs.
    """

    api: Api
    ceiling_points: float
    usage: Usage = field(default_factory=Usage)
    served_version: str | None = None
    version_warning: str | None = None
    _form: Form = field(default_factory=Form)
    _ratio: float = 1.0

    def version(self) -> str | None:
        """Return the version that answers, if a cheap query tells it."""
        self._executed(Query("version", "query version { __typename }", {}, 2.0))
        return self.served_version

    def types(self, kinds: Mapping[str, Kind | None]) -> dict[str, Type]:
        """Return the types of some names, without those that the API does not have.

        Args:
            kinds: The names, each with the kind it is taken to be; None where that is not known.

        Raises:
            TapError: If the API cannot be asked.
        """
        found: dict[str, Type] = {}
        waiting = dict(kinds)
        while waiting:
            some = self._some_of(waiting)
            answer = self._asked(some)
            if answer is None:
                continue
            for index, (name, kind) in enumerate(some.items()):
                del waiting[name]
                told = answer.data.get(f"t{index}")
                if told is None:
                    continue
                actual = Kind(told["kind"])
                if actual is kind:
                    found[name] = self._read(told)
                else:
                    waiting[name] = actual
        return found

    def _some_of(self, waiting: Mapping[str, Kind | None]) -> dict[str, Kind | None]:
        some: dict[str, Kind | None] = {}
        points = 0.0
        for name, kind in waiting.items():
            points += self._points(name, kind)
            if some and (points > self.ceiling_points or len(some) == MOST_TYPES):
                break
            some[name] = kind
        return some

    def _asked(self, some: Mapping[str, Kind | None]) -> Answer | None:
        """Return the answer, or None if the query has to be changed."""
        text = types_query(some, self._form)
        points = sum(self._points(name, kind) for name, kind in some.items())
        try:
            answer = self._executed(Query("types", text, {}, min(points, self.ceiling_points)))
        except TooExpensiveError as error:
            asked = error.cost.requested_points if error.cost is not None else 2 * self.ceiling_points
            if len(some) == 1:
                raise _too_expensive(next(iter(some)), error) from error
            self._ratio *= max(asked / points, 1.1)
            return None
        except DriftError as error:
            is_refused = any(strike.name == "__type" for strike in error.strikes)
            if is_refused or not self._form.tells_deprecated_arguments:
                raise _refused(error) from error
            self._form = replace(self._form, tells_deprecated_arguments=False)
            return None
        except TapError as error:
            if not isinstance(error, NotPermittedError | FieldsFailedError) and REFUSED_QUERY not in error.cause:
                raise
            raise _refused(error) from error
        if answer.cost is not None and answer.cost.requested_points:
            self._ratio *= answer.cost.requested_points / points
        return answer

    def _executed(self, query: Query) -> Answer:
        answer = self.api.execute(query, self.usage)
        self.served_version = answer.served_version or self.served_version
        self.version_warning = answer.version_warning or self.version_warning
        if answer.hidden:
            # A type that may not be seen is not one that is gone.
            raise TapError(
                f"the app may not see {', '.join(answer.hidden)} of the schema",
                "use the credential of an app that may, and an admin's",
            )
        return answer

    def _read(self, told: Mapping[str, Any]) -> Type:
        try:
            return read_type(told)
        except TooDeepError:
            kind = Kind(told["kind"])
            text = types_query({told["name"]: kind}, replace(self._form, depth=GREAT_DEPTH))
            query = Query("types", text, {}, 2 * self._points(told["name"], kind))
            return read_type(self._executed(query).data["t0"])

    def _points(self, name: str, kind: Kind | None) -> float:
        reference = 3.0 * self._form.depth
        lists = {
            Kind.OBJECT: reference + (0 if _is_plain(name) else _LIST_ITEMS * reference),
            Kind.INTERFACE: (1 + _LIST_ITEMS) * reference,
            Kind.INPUT_OBJECT: reference,
            Kind.ENUM: 3.0,
            Kind.UNION: 1.0,
        }
        return self._ratio * (4.0 + _LIST_ITEMS * (1.0 + lists.get(kind, 0.0) if kind is not None else 0.0))


def types_query(kinds: Mapping[str, Kind | None], form: Form) -> str:
    """Return the query for some types, as `t0`, `t1` and so on.

    Args:
        kinds: Their names, each with the kind it is taken to be: only what such a type has is asked for.
        form: How they are asked for.
    """
    asked = " ".join(
        f't{index}: __type(name: "{name}") {{ kind name{_asked_of(name, kind, form)} }}'
        for index, (name, kind) in enumerate(kinds.items())
    )
    return f"query types {{ {asked} }}"


def _asked_of(name: str, kind: Kind | None, form: Form) -> str:
    reference = "kind name"
    for _ in range(form.depth - 1):
        reference = f"kind name ofType {{ {reference} }}"
    deprecated = "(includeDeprecated: true)" if form.tells_deprecated_arguments else ""
    value = f"name defaultValue type {{ {reference} }}"
    arguments = "" if kind is Kind.OBJECT and _is_plain(name) else f" args{deprecated} {{ {value} }}"
    line = "name isDeprecated deprecationReason"
    fields = f" fields(includeDeprecated: true) {{ {line} type {{ {reference} }}{arguments} }} interfaces {{ name }}"
    return (
        {
            Kind.OBJECT: fields,
            Kind.INTERFACE: f"{fields} possibleTypes {{ name }}",
            Kind.UNION: " possibleTypes { name }",
            Kind.ENUM: f" enumValues(includeDeprecated: true) {{ {line} }}",
            Kind.INPUT_OBJECT: f" inputFields{deprecated} {{ {value} }}",
        }.get(kind, "")
        if kind is not None
        else ""
    )


def _is_plain(name: str) -> bool:
    """Return True if no field of a type has arguments, the most expensive part of an answer."""
    return name.endswith(("Connection", "Edge")) or name == "PageInfo"


def read_type(told: Mapping[str, Any]) -> Type:
    """Return a type as an API has told of it.

    Raises:
        TooDeepError: A type in it has more wrappers than were asked for.
    """
    kind = Kind(told["kind"])
    values = {Kind.ENUM: "enumValues", Kind.INPUT_OBJECT: "inputFields"}
    lines: Sequence[Mapping[str, Any]] = told.get(values.get(kind, "fields")) or ()
    return Type(
        kind,
        told["name"],
        tuple(_entry(line) for line in lines),
        _names(told.get("interfaces")),
        _names(told.get("possibleTypes")),
    )


def _entry(told: Mapping[str, Any]) -> Entry:
    return Entry(
        told["name"],
        _reference(told.get("type")),
        tuple(
            Argument(each["name"], _reference(each["type"]), _literal(each["defaultValue"]))
            for each in told.get("args") or ()
        ),
        _literal(told.get("defaultValue")),
        (told.get("deprecationReason") or NO_SUCCESSOR) if told.get("isDeprecated") else None,
    )


def _reference(told: Mapping[str, Any] | None) -> str:
    if told is None:
        return ""
    wrapper = _WRAPPERS.get(told["kind"])
    if wrapper is None:
        return str(told["name"])
    if "ofType" not in told:
        raise TooDeepError
    return wrapper.format(_reference(told["ofType"]))


def _literal(text: str | None) -> str | None:
    return None if text is None else print_ast(parse_value(text))


def _names(told: Sequence[Mapping[str, Any]] | None) -> tuple[str, ...]:
    return tuple(each["name"] for each in told or ())


def _refused(error: TapError) -> TapError:
    remedy = "use the credential of an app that may ask about them, or another api_version"
    return TapError(f"the API does not tell of its types ({error.cause})", remedy)


def _too_expensive(name: str, error: TooExpensiveError) -> TapError:
    return TapError(f"type {name} alone is too expensive: {error.cause}", "raise budget_share to 1")
