"""Wires settings into a connection to one Jobber account, and says whether it works."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from tap_jobber.api.client import Answer, Client, Usage
from tap_jobber.api.identity import as_connection_failure, read_identity, read_user
from tap_jobber.api.rate_limits import RateLimiter
from tap_jobber.api.transport import Query, Transport
from tap_jobber.api.versioning import VersionCheck
from tap_jobber.credentials.credential import Credential
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.errors import TapError
from tap_jobber.extraction.extraction_run import ExtractionRun
from tap_jobber.redaction import redact_logs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_jobber.credentials.stores.record import Account

logger = logging.getLogger("tap-jobber")

# A test query asks for a handful of fields; Jobber prices them at fewer points than this.
_TEST_POINTS = 50.0
_MEND_QUERY = "correct it, or remove it to use the default"


@dataclass(frozen=True)
class Connection:
    """One account, as the settings describe the way to it.

    Attributes:
        credential: Whose tokens are used.
        extraction: Reads the account.
    """

    credential: Credential
    extraction: ExtractionRun

    def settle(self) -> Account:
        """Apply the installer rule to tokens that are new; without any, nothing is asked.

        Returns:
            The account that the tokens open.

        Raises:
            TapError: If they are of another account, or the credential does not work.
        """
        self.credential.settle(lambda: read_identity(self.extraction.client))
        record = self.credential.record
        if record is None or record.account is None:
            raise TapError("The token store lost the account of the tokens", "run the tap again")
        return record.account


def connect(config: Mapping[str, Any], version: str) -> Connection:
    """Prepare a connection; nothing is sent yet.

    Args:
        config: The settings, checked.
        version: The tap's own version, for the User-Agent.

    Raises:
        TapError: If the token store cannot be used.
    """
    url = str(config["api_url"]).rstrip("/")
    user_agent = config.get("user_agent") or f"tap-jobber/{version}"
    timeout_seconds = float(config["request_timeout"])
    store = open_store(config.get("token_store"))
    credential = Credential(
        client_id=config["client_id"],
        client_secret=config["client_secret"],
        seed_refresh_token=config.get("refresh_token"),
        token_url=f"{url}/oauth/token",
        store=store,
        account_id=config.get("account_id"),
        user_agent=user_agent,
        read_timeout_seconds=timeout_seconds,
    )
    redact_logs(lambda: credential.secrets() | store.secrets)
    rate_limiter = RateLimiter(float(config["budget_share"]))
    transport = Transport(
        url=f"{url}/graphql",
        api_version=config["api_version"],
        user_agent=user_agent,
        timeout_seconds=timeout_seconds,
    )
    client = Client(transport, credential, rate_limiter, VersionCheck(config["api_version"]))
    return Connection(credential, ExtractionRun(client, rate_limiter, int(config["page_size"])))


def check_credential(connection: Connection, test_query: str, streams: Iterable[tuple[str, str | None]]) -> None:
    """Run the credential test query and say on the log what was found.

    Args:
        connection: The connection.
        test_query: The query.
        streams: Each selected stream's name and the scope that it needs, as far as it is known.

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
    logger.info("User: %s", user or "not to be seen by this app")
    for line in scope_lines(connection.credential.record.scopes if connection.credential.record else (), streams):
        logger.info("%s", line)
    if answer.served_version is not None:
        logger.info("API version: %s", answer.served_version)
    if answer.version_warning is not None:
        logger.info("Jobber on this version: %s", answer.version_warning)
    _log_bucket(answer)


def scope_lines(granted: Sequence[str], streams: Iterable[tuple[str, str | None]]) -> Iterator[str]:
    """What the access token lists beside what the selected streams need; a hint, since Jobber may list none.

    Args:
        granted: The scopes that the token lists.
        streams: Each selected stream's name and the scope that it needs, as far as it is known.
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
    """The name of the one operation that a test query must be."""
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
