"""A client that asks a running sandbox as an app does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests

from jobber_sandbox.options import Options
from jobber_sandbox.server import Running, running
from jobber_sandbox.versions import ACTIVE_VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobber_sandbox.dynamic_types import Value

# The latest, which is the only one that is never warned of.
VERSION = ACTIVE_VERSIONS[-1]


class Asker:
    """An app connected to a running sandbox."""

    def __init__(self, server: Running) -> None:
        self.server = server
        self.sandbox = server.sandbox
        self.session = requests.Session()
        self.refresh_token = server.env["TAP_JOBBER_REFRESH_TOKEN"]
        self.access_token = ""

    def token(self, **form: str) -> requests.Response:
        """Ask the token endpoint; by default for a refresh."""
        whole = {
            "client_id": self.server.env["TAP_JOBBER_CLIENT_ID"],
            "client_secret": self.server.env["TAP_JOBBER_CLIENT_SECRET"],
            "grant_type": "refresh_token",
            "refresh_token": self.refresh_token,
            **form,
        }
        return self.session.post(f"{self.server.api_url}/oauth/token", data=whole, timeout=10)

    def sign_in(self) -> None:
        """Take a fresh pair of tokens, without counting a refresh."""
        tokens = self.admin("tokens", {})
        self.access_token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]

    def post(
        self,
        query: str | None,
        variables: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 10,
    ) -> requests.Response:
        """Send a GraphQL request as it is."""
        if not self.access_token:
            self.sign_in()
        whole = {"Authorization": f"Bearer {self.access_token}", "X-JOBBER-GRAPHQL-VERSION": VERSION, **(headers or {})}
        return self.session.post(
            f"{self.server.api_url}/graphql",
            json={"query": query, "variables": variables or {}},
            headers=whole,
            timeout=timeout,
        )

    def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the JSON of an answer."""
        answer: dict[str, Any] = self.post(query, variables).json()
        return answer

    def data(self, query: str, variables: dict[str, Any] | None = None) -> Value:
        """Return the first root field of an answer."""
        answer = self.ask(query, variables)
        assert "errors" not in answer, answer["errors"]
        return next(iter(answer["data"].values()))

    def admin(self, path: str, body: Value = None, method: str = "POST") -> Value:
        """Return the JSON of an admin endpoint."""
        return self.session.request(method, f"{self.server.url}/sandbox/{path}", json=body, timeout=10).json()

    def truth(self, query: str) -> Value:
        """Return the first root field without page limit or price."""
        return next(iter(self.admin("graphql", {"query": query})["data"].values()))


@contextmanager
def asking(options: Options | None = None) -> Iterator[Asker]:
    """Provide a sandbox of its own with these options."""
    with running(options or Options(world="hostile", scale=0.1)) as server:
        yield Asker(server)
