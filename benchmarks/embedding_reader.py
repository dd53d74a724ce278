"""A reader that embeds: pages of 50, every related object whole, lists inline, and a sleep when points run low.

Whenever less than 60 % of the bucket is left, or a query did not fit, it sleeps until the bucket is full. A page
that can never fit is halved until it does; a list that is longer than what came with its parent is read on, a request
a page.

Usage: python -m benchmarks.embedding_reader API_URL ACCESS_TOKEN API_VERSION
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import requests

from benchmarks.asked import Asked, asked
from tap_jobber.graphql.query import selection_set
from tap_jobber.graphql.sdl import read_schema
from tap_jobber.graphql.selection import Field, Kind, Selection, derive

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE_SIZE = 50
_INLINE_SIZE = 10
_LOW_SHARE = 0.6
_TIMEOUT_SECONDS = 60.0
_PAGE_INFO = "pageInfo { hasNextPage endCursor }"

Node = dict[str, Any]


class TooExpensiveError(Exception):
    """A query that even a full bucket does not hold."""


class Api:
    """Sends queries and sleeps.

    Args:
        url: The endpoint.
        access_token: What to show to it.
        api_version: What to ask for.
    """

    def __init__(self, url: str, access_token: str, api_version: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {access_token}"
        self._session.headers["X-JOBBER-GRAPHQL-VERSION"] = api_version

    def ask(self, query: str, variables: Node) -> Node:
        """The values of the root fields.

        Raises:
            TooExpensiveError: If the query is too large.
            RuntimeError: If it is refused for another reason.
        """
        while True:
            body = {"query": query, "variables": variables}
            answer: Node = self._session.post(self._url, json=body, timeout=_TIMEOUT_SECONDS).json()
            cost = answer["extensions"]["cost"]
            bucket = cost["throttleStatus"]
            missing_points = bucket["maximumAvailable"] - bucket["currentlyAvailable"]
            is_low = bucket["currentlyAvailable"] <= _LOW_SHARE * bucket["maximumAvailable"]
            if is_low or ("errors" in answer and cost["requestedQueryCost"] <= bucket["maximumAvailable"]):
                time.sleep(missing_points / bucket["restoreRate"])
            if "errors" not in answer:
                data: Node = answer["data"]
                return data
            if cost["requestedQueryCost"] > bucket["maximumAvailable"]:
                raise TooExpensiveError
            if answer["errors"][0].get("extensions", {}).get("code") != "THROTTLED":
                raise RuntimeError(answer["errors"])


def embedding(selection: Selection) -> Selection:
    """A selection that asks for related objects whole instead of for their id."""
    return replace(selection, fields=tuple(_whole(field) for field in selection.fields))


def _whole(field: Field) -> Field:
    if not field.is_reference:
        return field
    return replace(field, kind=Kind.OBJECT, selection=derive(read_schema(), field.type_name))


def _text_of(each: Asked) -> str:
    # Of a list of objects that are tables of their own, the tap asks for the ids.
    return selection_set(embedding(derive(read_schema(), each.node_type) if each.parent else each.selection))


def read(api: Api, each: Asked, lists: list[Asked]) -> Iterator[tuple[str, Node]]:
    """The rows of a root field and of its lists.

    Args:
        api: Where to ask.
        each: The root field.
        lists: Its lists.
    """
    inline = " ".join(
        f"{one.list_field}(first: {_INLINE_SIZE}) {{ nodes {_text_of(one)} {_PAGE_INFO} }}" for one in lists
    )
    node = f"{_text_of(each)[:-1]}{inline} }}"
    if not each.is_connection:
        yield each.name, api.ask(f"query {{ {each.root} {node} }}", {})[each.root]
        return
    arguments = f"first: $first, after: $after{each.further_arguments}"
    query = f"query($first: Int!, $after: String) {{ {each.root}({arguments}) {{ nodes {node} {_PAGE_INFO} }} }}"
    rows, after, has_more = _PAGE_SIZE, None, True
    while has_more:
        try:
            page = api.ask(query, {"first": rows, "after": after})[each.root]
        except TooExpensiveError:
            rows //= 2
            continue
        for found in page["nodes"]:
            for one in lists:
                for child in _list(api, one, found["id"], found.pop(one.list_field)):
                    yield one.name, child
            yield each.name, found
        after, has_more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]


def _list(api: Api, one: Asked, parent_id: str, page: Node) -> Iterator[Node]:
    lookup, key = one.lookup
    arguments = f"first: {_PAGE_SIZE}, after: $after"
    below = f"{one.list_field}({arguments}) {{ nodes {_text_of(one)} {_PAGE_INFO} }}"
    query = f"query($id: EncodedId!, $after: String) {{ {lookup}({key}: $id) {{ {below} }} }}"
    yield from page["nodes"]
    while page["pageInfo"]["hasNextPage"]:
        page = api.ask(query, {"id": parent_id, "after": page["pageInfo"]["endCursor"]})[lookup][one.list_field]
        yield from page["nodes"]


def main(api_url: str, access_token: str, api_version: str) -> None:
    """Copy the account to the standard output, a JSON object a line."""
    api = Api(f"{api_url}/graphql", access_token, api_version)
    every = asked()
    for each in every:
        if each.parent is None:
            for name, row in read(api, each, [one for one in every if one.parent == each.name]):
                message = {"type": "RECORD", "stream": name, "record": row}
                sys.stdout.write(json.dumps(message, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
