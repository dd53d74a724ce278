"""The SDL files as texts made of definitions, of which only those that change are written anew."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, parse, print_ast

from schema_refresh.model import Argument, Entry, Kind, Type
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KINDS = {
    "scalar": Kind.SCALAR,
    "object": Kind.OBJECT,
    "interface": Kind.INTERFACE,
    "union": Kind.UNION,
    "enum": Kind.ENUM,
    "input_object": Kind.INPUT_OBJECT,
}
_KEYWORDS = {
    Kind.OBJECT: "type",
    Kind.INTERFACE: "interface",
    Kind.ENUM: "enum",
    Kind.INPUT_OBJECT: "input",
}


@dataclass(frozen=True)
class Definition:
    """A definition of a type, or an extension of one.

    Attributes:
        type: What it says.
        text: How it stands in its file; nothing yet if it is new or changed.
        gap: What stands before it: the comment at the head of the file, or a blank line.
        is_extension: True if it extends a type that is defined elsewhere.
        comments: The comments above its lines, by the lines' names.
    """

    type: Type
    text: str | None
    gap: str = "\n\n"
    is_extension: bool = False
    comments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def changed(self, to: Type) -> Definition:
        """Return this definition with other entries."""
        return self if to == self.type else replace(self, type=to, text=None)


@dataclass(frozen=True)
class File:
    """A file of SDL.

    Attributes:
        path: The address of the page.
        definitions: What it states.
        tail: What stands after the last definition.
    """

    path: Path
    definitions: tuple[Definition, ...]
    tail: str

    def text(self) -> str:
        """Return the text of the file, with unchanged definitions as they stood."""
        parts = [each.gap + (each.text if each.text is not None else printed(each)) for each in self.definitions]
        return "".join(parts) + self.tail

    def with_definitions(self, definitions: Sequence[Definition]) -> File:
        """Return the file with other definitions and the same header."""
        head = self.definitions[0].gap if self.definitions else ""
        gaps = [each.gap if each.gap != head else "\n\n" for each in definitions[1:]]
        kept = [replace(each, gap=gap) for each, gap in zip(definitions, [head, *gaps], strict=False)]
        return replace(self, definitions=tuple(kept))


def read_files(folder: Path) -> list[File]:
    """All SDL files of a folder, by name.

    Raises:
        TapError: If one is not SDL, or there is none.
    """
    paths = sorted(folder.glob("*.graphql"))
    if not paths:
        raise TapError(f"there are no SDL files in {folder}", "give the folder that they are in")
    return [_read(path) for path in paths]


def _read(path: Path) -> File:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise TapError(f"{path.name} cannot be read ({reason})", "check the folder and the file") from error
    try:
        document = parse(text)
    except GraphQLError as error:
        raise TapError(f"{path.name} is not SDL ({error.message})", "correct it before it is refreshed") from error
    definitions, end = [], 0
    for node in document.definitions:
        assert node.loc is not None, "parsed with locations"  # noqa: S101 - the parser was not told otherwise
        slice_ = text[node.loc.start : node.loc.end]
        gap = text[end : node.loc.start]
        is_extension = node.kind.endswith("_extension")
        definitions.append(Definition(_type(node), slice_, gap, is_extension, _comments(node, text)))
        end = node.loc.end
    return File(path, tuple(definitions), text[end:])


def _lines(node: Any) -> Sequence[Any]:  # noqa: ANN401 - one of the twelve kinds of nodes
    return getattr(node, "fields", None) or getattr(node, "values", None) or ()


def _comments(node: Any, text: str) -> dict[str, tuple[str, ...]]:  # noqa: ANN401 - as above
    found, end = {}, node.name.loc.end
    for line in _lines(node):
        above = [each.strip() for each in text[end : line.loc.start].splitlines()]
        found[line.name.value] = tuple(each for each in above if each.startswith("#"))
        end = line.loc.end
    return found


def _type(node: Any) -> Type:  # noqa: ANN401 - one of the twelve kinds of nodes
    kind = KINDS[node.kind.removesuffix("_definition").removesuffix("_extension").removesuffix("_type")]
    return Type(
        kind,
        node.name.value,
        tuple(_entry(line) for line in _lines(node)),
        tuple(each.name.value for each in getattr(node, "interfaces", None) or ()),
        tuple(each.name.value for each in getattr(node, "types", None) or ()),
    )


def _entry(node: Any) -> Entry:  # noqa: ANN401 - a field, an input's field or a value
    deprecated = [each for each in node.directives or () if each.name.value == "deprecated"]
    reasons = [argument.value.value for each in deprecated for argument in each.arguments]
    return Entry(
        node.name.value,
        print_ast(node.type) if getattr(node, "type", None) else "",
        tuple(
            Argument(each.name.value, print_ast(each.type), _default(each))
            for each in getattr(node, "arguments", None) or ()
        ),
        _default(node),
        (reasons or [""])[0] if deprecated else None,
    )


def _default(node: Any) -> str | None:  # noqa: ANN401 - a node that may have one
    value = getattr(node, "default_value", None)
    return None if value is None else print_ast(value)


def printed(definition: Definition) -> str:
    """Format a definition as in the files."""
    named = definition.type
    if named.kind is Kind.SCALAR:
        return f"scalar {named.name}"
    if named.kind is Kind.UNION:
        return f"union {named.name} = {' | '.join(named.members)}"
    keyword = ("extend " if definition.is_extension else "") + _KEYWORDS[named.kind]
    implements = f" implements {' & '.join(named.interfaces)}" if named.interfaces else ""
    entries = ((*definition.comments.get(each.name, ()), printed_entry(each)) for each in named.entries)
    lines = "".join(f"  {line}\n" for entry in entries for line in entry)
    return f"{keyword} {named.name}{implements} {{\n{lines}}}"


def printed_entry(entry: Entry) -> str:
    """Format a line of a definition."""
    asked = ", ".join(f"{each.name}: {each.type}{_defaulted(each.default)}" for each in entry.arguments)
    arguments = f"({asked})" if asked else ""
    type_ = f": {entry.type}{_defaulted(entry.default)}" if entry.type else ""
    reason = f" @deprecated(reason: {json.dumps(entry.deprecation)})" if entry.deprecation is not None else ""
    return f"{entry.name}{arguments}{type_}{reason}"


def _defaulted(default: str | None) -> str:
    return f" = {default}" if default is not None else ""


def write(files: Sequence[File]) -> None:
    """Write files, each whole or not at all, once all of them have been written beside the old ones."""
    pending: list[tuple[Path, Path]] = []
    try:
        for file in files:
            handle, name = tempfile.mkstemp(prefix=f".{file.path.name}.", dir=file.path.parent)
            pending.append((Path(name), file.path))
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(file.text())
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).chmod(file.path.stat().st_mode & 0o777)
        for temporary, path in pending:
            temporary.replace(path)
    except OSError as error:
        raise TapError(f"the files cannot be written ({error.strerror})", "check the folder and its disk") from error
    finally:
        for temporary, _ in pending:
            temporary.unlink(missing_ok=True)
