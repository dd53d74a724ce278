"""Encrypt the tokens of stored records with a key from the environment, by the Fernet recipe of `cryptography`.

The rest of a record stays readable, so that the records can be listed without the key.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tap_jobber.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.fernet import MultiFernet

ENCRYPTION_KEY_VARIABLE = "TAP_JOBBER_TOKEN_ENCRYPTION_KEY"

_GENERATE_COMMAND = "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
_PREFIX = "fernet:"
_TOKENS = ("access_token", "refresh_token")


class TokenEncryption:
    """Encrypt and decrypt the tokens of stored records.

    Args:
        keys: The keys; the first encrypts, all decrypt. None to leave tokens unencrypted.
    """

    def __init__(self, keys: MultiFernet | None = None) -> None:
        self._keys = keys

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> TokenEncryption:
        """Return the encryption that the environment asks for.

        Raises:
            TapError: A key is invalid, or the package that encrypts is not installed.
        """
        text = (os.environ if environment is None else environment).get(ENCRYPTION_KEY_VARIABLE, "")
        keys = [key.strip() for key in text.split(",") if key.strip()]
        if not keys:
            return cls()
        try:
            from cryptography.fernet import Fernet, MultiFernet
        except ImportError as error:
            cause = f"{ENCRYPTION_KEY_VARIABLE} is set, but what encrypts is not installed"
            raise TapError(cause, "install tap-jobber[encryption]") from error
        try:
            return cls(MultiFernet([Fernet(key) for key in keys]))
        except ValueError as error:
            raise TapError(
                f"{ENCRYPTION_KEY_VARIABLE} holds something that is not a Fernet key",
                f"make one with {_GENERATE_COMMAND}",
            ) from error

    def encrypt(self, record: dict[str, object]) -> dict[str, object]:
        """Return the record with encrypted tokens."""
        if self._keys is None:
            return record
        return record | {name: _PREFIX + self._keys.encrypt(str(record[name]).encode()).decode() for name in _TOKENS}

    def decrypt(self, stored: object, label: str) -> object:
        """Return the record with decrypted tokens; tokens that are not encrypted stay as they are.

        Args:
            stored: A record, possibly damaged.
            label: Name of the store, for people.

        Raises:
            TapError: There is no key, or none of the keys fits.
        """
        if not isinstance(stored, dict):
            return stored
        encrypted = {
            name: value for name in _TOKENS if isinstance(value := stored.get(name), str) and _is_encrypted(value)
        }
        return (
            stored | {name: self._decrypted(value, label) for name, value in encrypted.items()} if encrypted else stored
        )

    def _decrypted(self, value: str, label: str) -> str:
        if self._keys is None:
            cause = f"The tokens in {label} are encrypted"
            raise TapError(cause, f"set {ENCRYPTION_KEY_VARIABLE} in the environment to the key that encrypted them")
        from cryptography.fernet import InvalidToken

        try:
            return self._keys.decrypt(value.removeprefix(_PREFIX)).decode()
        except InvalidToken as error:
            cause = f"The tokens in {label} were encrypted with another key than those in {ENCRYPTION_KEY_VARIABLE}"
            raise TapError(cause, "add the former key behind the new one, with a comma between them") from error


def _is_encrypted(value: str) -> bool:
    return value.startswith(_PREFIX)
