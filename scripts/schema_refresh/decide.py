"""Decides what of a live schema the files are to state: their own types, as the API has them now.

What the project does not read stays out: connections and root fields are added by whoever declares a stream for them,
so new ones are only named. New fields of types that are stated come in, with the types that they lead to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from schema_refresh.files import Definition, File, printed_entry
from schema_refresh.left_out import ARGUMENTS, FIELDS
from schema_refresh.model import NO_SUCCESSOR, Kind, Type, bare, woven
from tap_jobber.errors import TapError
from tap_jobber.graphql.left_out import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from schema_refresh.model import Entry

QUERY = "Query"
BUILT_IN = frozenset({"Boolean", "Float", "ID", "Int", "String"})
Types = dict[str, Type]


@dataclass
class Report:
    """Changes made to the files.

    Attributes:
        changes: Each change, as a line.
        unread: New lists and root fields, which nothing reads yet.
    """

    changes: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def stated_types(files: Iterable[File]) -> Types:
    """Return the types that the files state, with extensions merged in."""
    found: Types = {}
    for file in files:
        for definition in file.definitions:
            named = definition.type
            before = found.get(named.name)
            found[named.name] = named if before is None else replace(before, entries=before.entries + named.entries)
    return found


def refreshed(
    files: Sequence[File], live_of: Callable[[Mapping[str, Kind | None]], Types]
) -> tuple[list[File], Report]:
    """Return the files as they are to be.

    Args:
        files: The files as they are.
        live_of: Asks the API for types by name, each with the kind it is taken to be; those it lacks are left out.

    Raises:
        TapError: If what is asked is not the API that the files are about.
    """
    stated = stated_types(files)
    live = live_of({name: named.kind for name, named in stated.items()})
    if QUERY not in live:
        raise TapError(f"the API has no type {QUERY}", "check api_url: this is not the API of Jobber")
    wanted = _wanted(stated, live, live_of)
    decision = _Decision(stated, live, wanted)
    changed = [decision.file(file) for file in files]
    decision.report_unread()
    return _without_orphans(stated_types(files), changed, decision.report), decision.report


def _wanted(stated: Types, live: Types, live_of: Callable[[Mapping[str, Kind | None]], Types]) -> set[str]:
    """Return the types to state: those stated already, and those that new fields and members refer to."""
    wanted = {name for name in stated if name in live}
    lacked: set[str] = set()
    while True:
        mentioned = dict.fromkeys(name for each in sorted(wanted) for name in _leads_to(live[each], stated, live))
        new = [name for name in mentioned if name not in wanted | lacked and name not in BUILT_IN]
        if not new:
            return wanted
        asked: dict[str, Kind | None] = {name: None for name in new if name not in live}
        live.update(live_of(asked) if asked else {})
        wanted |= {name for name in new if name in live}
        lacked |= {name for name in new if name not in live}


def _leads_to(named: Type, stated_types: Types, live: Types) -> list[str]:
    """Return the types that must be stated with a type."""
    found = list(named.members)
    before, owed = stated_types.get(named.name), _owed(named, stated_types, live)
    for entry in named.entries:
        stated = before.entry(entry.name) if before is not None else None
        if stated is None and entry.name not in owed and not _is_new(named, entry):
            continue
        known = {each.name for each in stated.arguments} if stated is not None else set()
        found += [bare(each.type) for each in entry.arguments if each.name in known or each.name not in ARGUMENTS]
        found += [bare(entry.type)] if entry.type else []
    return found


def _is_new(named: Type, entry: Entry) -> bool:
    """Return True if a new line is to be added: no connection, not deprecated, not left out on purpose."""
    if named.kind not in {Kind.OBJECT, Kind.INTERFACE}:
        return True
    return (
        named.name != QUERY
        and f"{named.name}.{entry.name}" not in FIELDS
        and entry.deprecation is None
        and not _has_to_be_declared(named, entry)
    )


def _owed(named: Type, stated: Types, live: Types) -> set[str]:
    """Return the fields that a type must have to implement its interfaces as stated."""
    interfaces = [live[each] for each in named.interfaces if each in live]
    return {
        entry.name
        for each in interfaces
        for entry in each.entries
        if _is_new(each, entry) or (each.name in stated and stated[each.name].entry(entry.name) is not None)
    }


def _has_to_be_declared(named: Type, entry: Entry) -> bool:
    """Return True if only a stream can read a field: a root field, a connection, or one with required arguments."""
    if named.name.endswith(("Connection", "Edge")):
        return False
    needs = any(argument.is_required for argument in entry.arguments)
    return named.name == QUERY or entry.is_connection or needs


class _Decision:
    """Builds the new form of each definition."""

    def __init__(self, stated: Types, live: Types, wanted: set[str]) -> None:
        self._stated = stated
        self._live = live
        self._new = frozenset(wanted - set(stated))
        self._missing = set(self._new)
        self.report = Report()

    def file(self, file: File) -> File:
        """Return a file as it is to be."""
        definitions: list[Definition] = []
        for definition in file.definitions:
            name = definition.type.name
            live = self._live.get(name)
            if live is None:
                self._say("-", name, file)
                continue
            told = definition.changed(self._merged(definition, live, file))
            if definition.is_extension and not told.type.entries:
                continue
            definitions.append(told)
            definitions += self._beside(told.type, file)
        return file.with_definitions(definitions)

    def report_unread(self) -> None:
        """Name the lists that nothing reads yet."""
        for name in sorted(self._new | set(self._stated)):
            live, stated = self._live.get(name), self._stated.get(name)
            if live is None or live.kind not in {Kind.OBJECT, Kind.INTERFACE}:
                continue
            for entry in live.entries:
                coordinate = f"{name}.{entry.name}"
                is_known = coordinate in LEFT_OUT or coordinate in FIELDS or (stated and stated.entry(entry.name))
                if not is_known and entry.deprecation is None and _has_to_be_declared(live, entry):
                    self.report.unread.append(f"{name}.{printed_entry(entry)}")

    def _beside(self, named: Type, file: File) -> list[Definition]:
        """Return the new types that a type is the first to refer to, with those that they refer to."""
        found: list[Definition] = []
        for name in [*named.mentions(), *self._live[named.name].members]:
            if name not in self._missing:
                continue
            self._missing.discard(name)
            self._say("+", name, file)
            new = self._as_new(self._live[name])
            found += [Definition(new, None), *self._beside(new, file)]
        return found

    def _as_new(self, live: Type) -> Type:
        owed = _owed(live, self._stated, self._live)
        entries = tuple(
            replace(
                each,
                deprecation=self._deprecation(None, each, live),
                arguments=tuple(one for one in each.arguments if one.name not in ARGUMENTS),
            )
            for each in live.entries
            if each.name in owed or _is_new(live, each)
        )
        interfaces = tuple(each for each in live.interfaces if each in self._stated or each in self._new)
        return replace(live, entries=entries, interfaces=interfaces, members=self._members(live))

    def _members(self, live: Type) -> tuple[str, ...]:
        return live.members if live.kind is Kind.UNION else ()

    def _merged(self, definition: Definition, live: Type, file: File) -> Type:
        stated = definition.type
        if live.kind is not stated.kind:
            self._say("~", f"{stated.name} is {live.kind.value.lower()} now", file)
            return self._as_new(live)
        told = {each.name: each for each in live.entries}
        kept = [self._line(each, told[each.name], live, file) for each in stated.entries if each.name in told]
        for each in stated.entries:
            if each.name not in told:
                self._say("-", f"{stated.name}.{each.name}", file)
        is_extended = stated.name == QUERY
        known = {each.name for each in self._stated[stated.name].entries}
        owed = _owed(live, self._stated, self._live)
        entries = woven(
            kept,
            live.entries,
            lambda each: not is_extended and each.name not in known and (each.name in owed or _is_new(live, each)),
        )
        present = {each.name for each in kept}
        entries = [each if each.name in present else self._new_line(each, live, file) for each in entries]
        return replace(
            stated,
            entries=tuple(entries),
            interfaces=self._names(stated, stated.interfaces, live.interfaces, "implements", file),
            members=self._names(stated, stated.members, self._members(live), "is also", file),
        )

    def _names(
        self, stated: Type, before: Sequence[str], told: Sequence[str], verb: str, file: File
    ) -> tuple[str, ...]:
        """Names in a row: those that are gone go, those that the files state or will state come."""
        is_union = stated.kind is Kind.UNION
        new = [each for each in told if each not in before and (is_union or each in self._stated or each in self._new)]
        gone = [each for each in before if each not in told]
        for sign, names in (("-", gone), ("+", new)):
            for each in names:
                self._say(sign, f"{stated.name} {verb} {each}", file)
        return (*(each for each in before if each in told), *new)

    def _new_line(self, entry: Entry, live: Type, file: File) -> Entry:
        arguments = tuple(each for each in entry.arguments if each.name not in ARGUMENTS)
        new = replace(entry, arguments=arguments, deprecation=self._deprecation(None, entry, live))
        self._say("+", f"{live.name}.{printed_entry(new)}", file)
        return new

    def _line(self, stated: Entry, live: Entry, owner: Type, file: File) -> Entry:
        told = {each.name: each for each in live.arguments}
        kept = [told[each.name] for each in stated.arguments if each.name in told]
        merged = replace(
            live,
            arguments=tuple(woven(kept, live.arguments, lambda each: each.name not in ARGUMENTS)),
            deprecation=self._deprecation(stated, live, owner),
        )
        if merged != stated:
            self._say("~", f"{owner.name}.{printed_entry(stated)} -> {printed_entry(merged)}", file)
        return merged

    def _deprecation(self, stated: Entry | None, live: Entry, owner: Type) -> str | None:
        """Why a line is not to be used: the successor where the files or the API name one."""
        if live.deprecation is None:
            return None
        if stated is not None and stated.deprecation is not None:
            return stated.deprecation
        return successor(live, owner, self._live) or NO_SUCCESSOR

    def _say(self, sign: str, what: str, file: File) -> None:
        self.report.changes.append(f"{sign} {what} ({file.path.name})")


def successor(entry: Entry, owner: Type, types: Mapping[str, Type]) -> str | None:
    """Return the field, or path of fields, that a deprecation reason points to, if it exists."""
    reason = entry.deprecation or ""
    quoted = re.findall(r"[`'\"]([A-Za-z_][\w.]*)[`'\"]", reason)
    pointed = re.findall(r"\b(?:use|by|with|to|of|favou?r)\s+(?:the\s+)?([A-Za-z_][\w.]*\w)", reason, re.IGNORECASE)
    for path in [*quoted, *pointed, reason.strip()]:
        steps = path.removeprefix(f"{owner.name}.").split(".")
        if steps != [entry.name] and _leads(steps, owner, types):
            return ".".join(steps)
    return None


def _leads(steps: Sequence[str], owner: Type, types: Mapping[str, Type]) -> bool:
    at: Type | None = owner
    for step in steps:
        entry = at.entry(step) if at is not None else None
        if entry is None:
            return False
        at = types.get(bare(entry.type))
    return True


def _without_orphans(before: Types, files: Sequence[File], report: Report) -> list[File]:
    """Return the files without unreachable types."""
    after = stated_types(files)
    orphans = (_reached(before) - _reached(after)) & set(after)
    found = []
    for file in files:
        gone = [each.type.name for each in file.definitions if each.type.name in orphans]
        report.changes += [f"- {name} ({file.path.name}), to which nothing leads any more" for name in gone]
        kept = [each for each in file.definitions if each.type.name not in orphans]
        found.append(file.with_definitions(kept) if gone else file)
    return found


def _reached(types: Types) -> set[str]:
    """Return the types that are reachable from `Query`."""
    implementers: dict[str, list[str]] = {}
    for named in types.values():
        for interface in named.interfaces:
            implementers.setdefault(interface, []).append(named.name)
    reached: set[str] = set()
    waiting = [QUERY]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in types:
            continue
        reached.add(name)
        waiting += types[name].mentions() + implementers.get(name, [])
    return reached
