"""Makes answers alike: lists come as connections with `nodes`, whichever form the server gives them in.

Older servers have connections with edges only, and lists without pages. Paths of errors are made alike, too.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tap_jobber.graphql.text import Form, as_connection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_jobber.api.client import Answer
    from tap_jobber.api.decision import FailedField
    from tap_jobber.extraction.answer_paths import Steps
    from tap_jobber.extraction.source import Part, Source

_EDGE = re.compile(r"\bedges\.(\d+)\.node\b")


def in_nodes(answer: Answer, source: Source, lists: Iterable[Part] = ()) -> Answer:
    """Return an answer with its list, and the lists of each node, as connections with `nodes`.

    Args:
        answer: The answer; its nodes are changed in place.
        source: What was asked for.
        lists: What was asked for of each node's lists.
    """
    hidden = tuple(_EDGE.sub(r"nodes.\1", path) for path in answer.hidden)
    value = as_connection(answer.data.get(source.root), source.form)
    nodes = value.get("nodes") if isinstance(value, dict) else None
    for part in lists:
        for node in nodes if isinstance(nodes, list) else ():
            list_in_nodes(node, part)
    if source.form is Form.NODES or source.root not in answer.data:
        return replace(answer, hidden=hidden) if answer.hidden else answer
    return replace(answer, hidden=hidden, data={**answer.data, source.root: value})


def list_in_nodes(node: Any, part: Part) -> None:  # noqa: ANN401 - whatever was answered
    """Make a list of a node a connection with `nodes`."""
    path = part.path
    if path is None or path.form is Form.NODES or not isinstance(node, dict):
        return
    holder = node.get(path.via) if path.via else node
    if isinstance(holder, dict) and path.field in holder:
        holder[path.field] = as_connection(holder[path.field], path.form)


def failed_in_nodes(failed: Iterable[FailedField]) -> list[FailedField]:
    """Return fields that failed, with their paths through edges as through nodes."""
    return [replace(each, path=_path_in_nodes(each.path)) for each in failed]


def _path_in_nodes(path: Steps) -> Steps:
    found: list[str | int] = []
    for step in path:
        if step == "node" and found[-2:-1] == ["edges"]:
            found[-2] = "nodes"
        else:
            found.append(step)
    return tuple(found)
