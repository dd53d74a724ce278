"""`tap-jobber --test=credentials`: asks Jobber whose credential it is, and what it may do."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from tap_jobber.api.client import Answer, Usage
from tap_jobber.api.identity import as_connection_failure, read_user
from tap_jobber.api.transport import Query
from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_jobber.connection import Connection

logger = logging.getLogger("tap-jobber")

# A test query asks for a handful of fields; Jobber prices them at fewer points than this.
_TEST_POINTS = 50.0
_MEND_QUERY = "correct it, or remove it to use the default"


def check_credential(connection: Connection, test_query: str, streams: Iterable[tuple[str, str | None]]) -> None:
    """Run the credential test query, and log the account, the user, the scopes and the limits.

    Args:
        connection: The connection.
        test_query: The query.
        streams: The name of each selected stream, and the scope that it needs; None if that is not known.

    Raises:
        TapError: If the credential does not work.
    """
    client, usage = connection.extraction.client, Usage()
    with as_connection_failure():
        query = Query(_operation_name(test_query), test_query, {}, _TEST_POINTS, label="credential test")
        answer = client.execute(query, usage)
    account = answer.data.get("account")
    if isinstance(account, dict):
        logger.info("Account: %s (%s)", account.get("name"), account.get("id"))
    elif all(value is None for value in answer.data.values()):
        raise _nothing_answered()
    connection.settle()
    user = read_user(client, usage)
    logger.info("User: %s", user or "hidden from this app")
    for line in scope_lines(connection.credential.record.scopes if connection.credential.record else (), streams):
        logger.info("%s", line)
    if answer.served_version is not None:
        logger.info("API version: %s", answer.served_version)
    if answer.version_warning is not None:
        logger.info("Jobber on this version: %s", answer.version_warning)
    _log_bucket(answer)


def scope_lines(granted: Sequence[str], streams: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    """Yield the scopes that the access token lists, and those it lacks for streams; a hint, since Jobber may list none.

    Args:
        granted: The scopes that the token lists.
        streams: The name of each selected stream, and the scope that it needs; None if that is not known.
    """
    if not granted:
        yield "Scopes: the access token lists none; the streams below show whether they may be read"
        return
    yield f"Scopes: {' '.join(granted)}"
    needed: dict[str, list[str]] = {}
    for name, scope in streams:
        if scope is not None and scope not in granted:
            needed.setdefault(scope, []).append(name)
    for scope, names in sorted(needed.items()):
        yield f"Scope not listed: {scope}, needed by {', '.join(names)}"


def _operation_name(text: str) -> str | None:
    """Return the name of the one query that a text holds."""
    try:
        document = parse(text)
    except GraphQLError as error:
        raise TapError(f"credential_test_query is not GraphQL ({error.message})", _MEND_QUERY) from error
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        raise TapError("credential_test_query must be one query and nothing else", _MEND_QUERY)
    name = operations[0].name
    return name.value if name else None


def _log_bucket(answer: Answer) -> None:
    if answer.cost is not None:
        logger.info(
            "Points: %.0f of %.0f available, %.0f more each second",
            answer.cost.available_points,
            answer.cost.maximum_points,
            answer.cost.restore_points_per_second,
        )


def _nothing_answered() -> TapError:
    return TapError(
        "Jobber answered the credential test query with nothing",
        "check credential_test_query and the app's scopes",
    )
