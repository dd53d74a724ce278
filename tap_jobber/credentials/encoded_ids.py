"""Compare ids in the forms in which Jobber states them.

The API encodes ids: base64 of `gid://Jobber/Account/1`, in older forms of the number alone. Access tokens state the
plain number. The form that webhooks state is not documented.
"""

from __future__ import annotations

import base64
import binascii
import re


def is_same_user(one: str, other: str) -> bool:
    """Return True if two ids name the same user, in whichever form."""
    return _is_same("User", one, other)


def is_same_account(one: str, other: str) -> bool:
    """Return True if two ids name the same account, in whichever form."""
    return _is_same("Account", one, other)


def account_number(encoded_id: str) -> str | None:
    """Return the number in the id of an account, which fits names of schemas and files; None if it holds none."""
    return _number("Account", encoded_id)


def full_account_id(account: str | None) -> str | None:
    """Return the id, as the API encodes it, of an account that is given by its number or by its id."""
    if account is None or not (account.isascii() and account.isdigit()):
        return account
    return base64.b64encode(f"gid://Jobber/Account/{account}".encode()).decode()


def _is_same(type_name: str, one: str, other: str) -> bool:
    number = _number(type_name, one)
    return one == other or (number is not None and number == _number(type_name, other))


def _number(type_name: str, encoded_id: str) -> str | None:
    """Return the number in an id, or None if it holds none.

    An id of digits may also be base64 of something; digits are taken as they are.
    """
    plain = _number_in_text(type_name, encoded_id)
    if plain is not None:
        return plain
    try:
        padded = encoded_id.translate(_TO_STANDARD_ALPHABET) + "=" * (-len(encoded_id) % 4)
        text = base64.b64decode(padded, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return _number_in_text(type_name, text)


def _number_in_text(type_name: str, text: str) -> str | None:
    found = re.fullmatch(rf"(?:gid://Jobber/{type_name}/)?([0-9]+)", text)
    return found[1] if found else None


_TO_STANDARD_ALPHABET = str.maketrans("-_", "+/")
