"""Loads the types of Jobber's API that the tap reads from the SDL files beside this module."""

from __future__ import annotations

from functools import cache
from importlib import resources

from graphql import GraphQLSchema, build_schema, is_abstract_type


def sdl_text() -> str:
    """All SDL files of the project as one document."""
    files = (entry for entry in resources.files(__package__).iterdir() if entry.name.endswith(".graphql"))
    return "\n".join(entry.read_text(encoding="utf-8") for entry in sorted(files, key=lambda entry: entry.name))


@cache
def read_schema() -> GraphQLSchema:
    """Return the schema built from `sdl_text()`; one object per process, not to be changed."""
    return build_schema(sdl_text(), assume_valid=True, no_location=True)


def all_types(type_name: str) -> tuple[str, ...]:
    """Return a type with the types that can stand for it, if it is a union or an interface."""
    schema = read_schema()
    named = schema.type_map[type_name]
    members = schema.get_possible_types(named) if is_abstract_type(named) else ()
    return type_name, *(each.name for each in members)
