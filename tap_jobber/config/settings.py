"""The settings of a run, as one typed value that nothing changes.

`merged` gathers what a user has given, the SDK's validator checks it and fills in the defaults, and `Settings` is what
the rest of the tap reads. The schema says what may be set, `Settings` what type it has here; a test holds the two
together.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from tap_jobber.config.environment import from_environment, parsed_json, types_of
from tap_jobber.config.schema import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of the tap's own, under the names by which users set them; `schema.py` describes each.

    The SDK reads its own, such as `stream_maps`, from the config. A tap that is made without validation, as for
    `--discover` and `--credentials`, has an empty text for a required setting that is missing.
    """

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    account_id: str | None
    redirect_uri: str
    api_version: str
    credential_test_query: str
    api_url: str
    start_date: str | None
    token_store: str | None = field(repr=False)
    budget_share: float
    page_size: int
    request_timeout: float
    on_missing_permission: Literal["skip", "fail"]
    visit_lookback_days: int | None
    resync_days: float | None
    add_account_id: bool
    add_read_times: bool
    custom_streams: list[dict[str, Any]] | None
    report: str | None
    user_agent: str | None
    emit_activate_version_messages: bool
    progress: Literal["auto", "plain", "off"]
    batch_config: dict[str, Any] | None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Return the settings of a config that has been validated, defaults included."""
        given: dict[str, Any] = dict.fromkeys(SETTINGS["required"], "") | dict(config)
        values: dict[str, Any] = {each.name: given.get(each.name) for each in fields(cls)}
        return cls(**values)

    @property
    def tells_what_is_gone(self) -> bool:
        """True if a complete read of a table is told to what loads it, by a message or in a table."""
        return self.emit_activate_version_messages or self.add_read_times

    @property
    def api_root(self) -> str:
        """The address that those of the API and of OAuth begin with."""
        return self.api_url.rstrip("/")

    @property
    def graphql_url(self) -> str:
        """The address of the GraphQL API."""
        return f"{self.api_root}/graphql"

    @property
    def token_url(self) -> str:
        """The address of the OAuth token endpoint."""
        return f"{self.api_root}/oauth/token"

    def user_agent_header(self, version: str) -> str:
        """Return the User-Agent header of all requests.

        Args:
            version: The tap's own version.
        """
        return self.user_agent or f"tap-jobber/{version}"


def merged(config: Mapping[str, Any], environment_schema: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the settings that a user has given, in the form that validation expects.

    Text loses the white space that copying leaves around it, and settings that are null count as not given.

    Args:
        config: The settings of config files; the environment takes precedence over them.
        environment_schema: JSON Schema of the settings to look for in the environment; None not to look there.
    """
    given = {**config, **(from_environment(environment_schema) if environment_schema is not None else {})}
    settings = {name: _trimmed(name, value) for name, value in given.items() if value is not None}
    if "custom_streams" in settings:
        settings["custom_streams"] = parsed_json(settings["custom_streams"])
    if isinstance(settings.get("stream_maps"), dict):
        # The SDK takes something out of it.
        settings["stream_maps"] = dict(settings["stream_maps"])
    return settings


def _trimmed(name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    is_text = isinstance(value, str) and "string" in types_of(SETTINGS["properties"].get(name, {}))
    return value.strip() if is_text else value
