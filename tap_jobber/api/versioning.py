"""Compares the API version that answers with the configured one.

Jobber upgrades a removed version silently and says so only in `extensions.versioning`; a version near or
past its end of support comes with a warning there. (Source: Jobber's documentation of API versioning.) Versions that
are long gone are sometimes answered by an old schema without any word of versions. (Seen in 2026-08.)
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger("tap-jobber.api")


class VersionCheck:
    """Warns once of each thing that Jobber says about the version.

    Args:
        configured: The version that is asked for.

    Attributes:
        served: The version that last answered, where stated.
        warning: Jobber's last warning about it.
    """

    def __init__(self, configured: str) -> None:
        self.served: str | None = None
        self.warning: str | None = None
        self._configured = configured
        self._said: set[str] = set()

    def check(self, body: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """Warn about the version that an answer states, if need be.

        Returns:
            The version that answered and Jobber's warning of it, each where stated.
        """
        extensions = body.get("extensions")
        versioning = extensions.get("versioning") if isinstance(extensions, dict) else None
        if not isinstance(versioning, dict):
            self._warn(
                f"The served version of Jobber's API is unknown, for the answers do not state it (asked for is "
                f"{self._configured}): set api_version to one from Jobber's API changelog"
            )
            return None, None
        served = str(versioning["version"]) if versioning.get("version") else None
        warning = " ".join(str(versioning["warning"]).split()) if versioning.get("warning") else None
        self.served, self.warning = served or self.served, warning
        if served is not None and served != self._configured:
            self._warn(
                f"Jobber answers with API version {served}, not with the configured {self._configured}: "
                "set api_version to one that it still serves"
            )
        if warning is not None:
            self._warn(
                f"Jobber warns of the API version: {warning} Set api_version to a newer one from Jobber's API changelog"
            )
        return served, warning

    def _warn(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            logger.warning("%s", text)
