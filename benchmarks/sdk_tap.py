"""The obvious tap: the SDK's `GraphQLStream`, pages of 50, a request per parent for each list, back-off when throttled.

Usage: python -m benchmarks.sdk_tap API_URL ACCESS_TOKEN API_VERSION FACTOR; the last is how much faster than in
reality time passes.
"""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING, Any, ClassVar

import backoff
from singer_sdk import GraphQLStream, Stream, Tap
from singer_sdk.authenticators import BearerTokenAuthenticator
from singer_sdk.exceptions import RetriableAPIError
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.pagination import BaseAPIPaginator
from typing_extensions import override

from benchmarks.asked import Asked, asked
from tap_jobber.graphql.query import selection_set
from tap_jobber.graphql.rows import shaper

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    import requests
    from singer_sdk.helpers.types import Auth, Context

_PAGE_SIZE = 50
_LONGEST_WAIT_SECONDS = 60.0
_TRIES = 12


class ByCursor(BaseAPIPaginator[str | None]):
    """Follows `endCursor`.

    Args:
        stream: Whose pages.
    """

    def __init__(self, stream: JobberList) -> None:
        super().__init__(None)
        self._stream = stream

    @override
    def get_next(self, response: requests.Response) -> str | None:
        connection = self._stream.connection_of(response)
        info = connection["pageInfo"] if connection else {"hasNextPage": False}
        return str(info["endCursor"]) if info["hasNextPage"] else None


class JobberList(GraphQLStream[str]):
    """A connection: a root field, or a list of each row of a parent stream."""

    asked: ClassVar[Asked]
    payload_as_json = True
    state_partitioning_keys: ClassVar[list[str]] = []
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(self, tap: Tap) -> None:
        super().__init__(tap, name=self.asked.name, schema=self.asked.json_schema)
        self._shape = shaper(self.asked.selection)

    @property
    @override
    def url_base(self) -> str:
        return f"{self.config['api_url']}/graphql"

    @property
    @override
    def http_headers(self) -> dict[str, str]:
        return {"X-JOBBER-GRAPHQL-VERSION": self.config["api_version"]}

    @property
    @override
    def authenticator(self) -> Auth:
        return BearerTokenAuthenticator(token=self.config["access_token"])

    @property
    @override
    def query(self) -> str:
        arguments = f"first: {_PAGE_SIZE}, after: $after"
        page = f"{{ nodes {selection_set(self.asked.selection)} pageInfo {{ hasNextPage endCursor }} }}"
        if not self.asked.is_connection:
            return f"query {self.name} {{ {self.asked.root} {selection_set(self.asked.selection)} }}"
        if self.asked.parent is None:
            arguments += self.asked.further_arguments
            return f"query {self.name}($after: String) {{ {self.asked.root}({arguments}) {page} }}"
        lookup, key = self.asked.lookup
        below = f"{self.asked.list_field}({arguments}) {page}"
        return f"query {self.name}($id: EncodedId!, $after: String) {{ {lookup}({key}: $id) {{ {below} }} }}"

    @override
    def get_url_params(self, context: Context | None, next_page_token: str | None) -> dict[str, Any]:
        return ({"id": context["id"]} if context else {}) | {"after": next_page_token}

    @override
    def validate_response(self, response: requests.Response) -> None:
        super().validate_response(response)
        errors = response.json().get("errors")
        if errors:
            raise RetriableAPIError(str(errors)[:300], response)

    @override
    def backoff_wait_generator(self) -> Generator[float, None, None]:
        factor = self.config["factor"]
        return backoff.expo(factor=2 / factor, max_value=_LONGEST_WAIT_SECONDS / factor)

    @override
    def backoff_jitter(self, value: float) -> float:
        return value + random.random() / float(self.config["factor"])  # noqa: S311 - no secret

    @override
    def backoff_max_tries(self) -> int:
        return _TRIES

    @override
    def get_new_paginator(self) -> ByCursor | None:
        return ByCursor(self) if self.asked.is_connection else None

    def connection_of(self, response: requests.Response) -> dict[str, Any] | None:
        """The connection in an answer; None where the parent has gone."""
        found: dict[str, Any] | None = next(iter(response.json()["data"].values()))
        if found is not None and self.asked.parent is not None:
            found = found[self.asked.list_field]
        return found

    @override
    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        connection = self.connection_of(response)
        if connection is None:
            return []
        nodes = connection["nodes"] if self.asked.is_connection else [connection]
        return [self._shape(node) for node in nodes]

    @override
    def get_child_context(self, record: dict[str, Any], context: Context | None) -> Context | None:
        return {"id": record.get("id")}

    @override
    def post_process(self, row: dict[str, Any], context: Context | None = None) -> dict[str, Any] | None:
        return row | {self.asked.parent_column: context["id"]} if context else row


class SdkTap(Tap):
    """The same streams as those of tap-jobber."""

    name = "sdk-tap"
    config_jsonschema: ClassVar[dict[str, Any]] = {"type": "object", "properties": {}}

    @override
    def discover_streams(self) -> Sequence[Stream]:
        """One of each."""
        classes: dict[str, type[JobberList]] = {}
        for each in sorted(asked(), key=lambda each: each.parent is not None):
            parent = classes[each.parent] if each.parent is not None else None
            declared = {"name": each.name, "asked": each, "parent_stream_type": parent}
            classes[each.name] = type(each.name, (JobberList,), declared)
        return [stream(self) for stream in classes.values()]


def main(api_url: str, access_token: str, api_version: str, factor: str) -> None:
    """Copy the account to the standard output."""
    settings = {"api_url": api_url, "access_token": access_token, "api_version": api_version, "factor": float(factor)}
    SdkTap(config=settings).sync_all()


if __name__ == "__main__":
    main(*sys.argv[1:])
