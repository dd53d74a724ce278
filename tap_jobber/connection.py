"""Makes a connection to one Jobber account from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tap_jobber.api.client import Client
from tap_jobber.api.identity import read_identity
from tap_jobber.api.rate_limits import RateLimiter
from tap_jobber.api.transport import Transport
from tap_jobber.api.versioning import VersionCheck
from tap_jobber.credentials.credential import Credential
from tap_jobber.credentials.encoded_ids import full_account_id
from tap_jobber.credentials.refresh_process import refresh_in_own_process
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.errors import TapError
from tap_jobber.extraction.extraction_run import ExtractionRun
from tap_jobber.redaction import redact_logs
from tap_jobber.waits import Waits

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_jobber.config.settings import Settings
    from tap_jobber.credentials.refresh_job import RefreshJob, RefreshReport
    from tap_jobber.credentials.stores.record import Account

_TOKEN = "an access token"  # noqa: S105 - the name of what is waited for


@dataclass(frozen=True)
class Connection:
    """The connection to one account.

    Attributes:
        credential: The credential, whose tokens open the account.
        extraction: The reading side.
        secrets: Returns all secrets known at the time.
        waits: The waits of both.
    """

    credential: Credential
    extraction: ExtractionRun
    secrets: Callable[[], set[str]] = set
    waits: Waits = field(default_factory=Waits)

    def settle(self) -> Account:
        """Apply the installer rule to new tokens; nothing is sent if there are none.

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


def connect(settings: Settings, version: str) -> Connection:
    """Prepare a connection; nothing is sent yet.

    Args:
        settings: The settings.
        version: The tap's own version, for the User-Agent.

    Raises:
        TapError: If the token store cannot be used.
    """
    user_agent = settings.user_agent_header(version)
    waits = Waits()
    store = open_store(settings.token_store)
    credential = Credential(
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        seed_refresh_token=settings.refresh_token,
        token_url=settings.token_url,
        store=store,
        account_id=full_account_id(settings.account_id),
        user_agent=user_agent,
        read_timeout_seconds=settings.request_timeout,
        refresher=partial(_refresh_in_sight, waits),
        sleep=partial(waits.sleep, _TOKEN),
    )

    def secrets() -> set[str]:
        return credential.secrets() | store.secrets

    redact_logs(secrets)
    rate_limiter = RateLimiter(settings.budget_share)
    transport = Transport(
        url=settings.graphql_url,
        api_version=settings.api_version,
        user_agent=user_agent,
        timeout_seconds=settings.request_timeout,
    )
    client = Client(transport, credential, rate_limiter, VersionCheck(settings.api_version), waits=waits)
    return Connection(credential, ExtractionRun(client, rate_limiter, settings.page_size), secrets, waits)


def _refresh_in_sight(waits: Waits, job: RefreshJob) -> RefreshReport:
    with waits.show(_TOKEN):
        return refresh_in_own_process(job)
