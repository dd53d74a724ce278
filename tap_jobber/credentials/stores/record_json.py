"""The JSON form of a record, as all token stores keep it.

Keys that this version does not know are kept and written back, so that an older tap never strips what a newer one has
noted.
"""

from __future__ import annotations

from tap_jobber.credentials.stores.json_object import JsonObject, NewerRecordError, RecordError
from tap_jobber.credentials.stores.record import PENDING, UNIDENTIFIED, Account, Installer, Record, State, Sync

VERSION = 1


def record_to_json(record: Record) -> dict[str, object]:
    """Return the JSON object of a record."""
    account, installer = record.account, record.installer
    return {
        **record.extra,
        "version": VERSION,
        "client_id": record.client_id,
        "account": account and {**account.extra, "id": account.id, "name": account.name},
        "installer": installer and _installer_to_json(installer),
        "access_token": record.access_token,
        "access_token_obtained_at": record.access_token_obtained_at,
        "access_token_expires_at": record.access_token_expires_at,
        "refresh_token": record.refresh_token,
        "seed_fingerprint": record.seed_fingerprint,
        "connected_at": record.connected_at,
        "name": record.name,
        "description": record.description,
        "pending": record.pending,
        "past_seeds": list(record.past_seeds),
        "state": record.state.value,
        "state_since": record.state_since,
        "state_reason": record.state_reason,
        "scopes": list(record.scopes),
        "api_version": record.api_version,
        "api_version_warning": record.api_version_warning,
        "syncs": [_sync_to_json(sync) for sync in record.syncs],
        **({"sent_fingerprint": record.sent_fingerprint} if record.sent_fingerprint else {}),
    }


def record_from_json(stored: object) -> Record:
    """Return the record of a JSON object that this version or an older one wrote.

    Raises:
        RecordError: The value is not a record.
        NewerRecordError: A newer version than this one wrote it.
    """
    fields = JsonObject(stored, "a record")
    version = fields.number("version")
    if version > VERSION:
        message = f"it has version {version:g}, newer than {VERSION}"
        raise NewerRecordError(message)
    account = fields.nested("account")
    installer = fields.nested("installer")
    return Record(
        client_id=fields.text("client_id"),
        account=_account_from_json(account) if account else None,
        installer=_installer_from_json(installer) if installer else None,
        access_token=fields.text("access_token"),
        access_token_obtained_at=fields.number("access_token_obtained_at"),
        access_token_expires_at=fields.number("access_token_expires_at"),
        refresh_token=fields.text("refresh_token"),
        seed_fingerprint=fields.text_or_none("seed_fingerprint"),
        connected_at=fields.number("connected_at"),
        name=fields.text_or_none("name"),
        description=fields.text_or_none("description"),
        pending=fields.text_or_none("pending"),
        past_seeds=fields.texts("past_seeds"),
        state=_state_from_json(fields.text_or_none("state")),
        state_since=fields.number_or_none("state_since"),
        state_reason=fields.text_or_none("state_reason"),
        scopes=fields.texts("scopes"),
        api_version=fields.text_or_none("api_version"),
        api_version_warning=fields.text_or_none("api_version_warning"),
        syncs=tuple(_sync_from_json(JsonObject(each, "a sync")) for each in fields.items("syncs")),
        sent_fingerprint=fields.text_or_none("sent_fingerprint"),
        extra=fields.rest(),
    )


def stored_key(stored: object) -> str:
    """Return the key of a stored record, even if the record is damaged or of a newer version."""
    if not isinstance(stored, dict):
        return PENDING + UNIDENTIFIED
    account, pending = stored.get("account"), stored.get("pending")
    if isinstance(account, dict) and isinstance(account.get("id"), str) and pending is None:
        return str(account["id"])
    return PENDING + (pending if isinstance(pending, str) else UNIDENTIFIED)


def _installer_to_json(installer: Installer) -> dict[str, object]:
    zone = {"timezone": installer.timezone} if installer.timezone else {}
    return {**installer.extra, "user_id": installer.user_id, "name": installer.name, **zone}


def _account_from_json(fields: JsonObject) -> Account:
    return Account(id=fields.text("id"), name=fields.text_or_none("name"), extra=fields.rest())


def _installer_from_json(fields: JsonObject) -> Installer:
    user_id, name, zone = fields.text("user_id"), fields.text_or_none("name"), fields.text_or_none("timezone")
    return Installer(user_id, name, fields.rest(), zone)


def _sync_to_json(sync: Sync) -> dict[str, object]:
    return {
        **sync.extra,
        "began_at": sync.began_at,
        "ended_at": sync.ended_at,
        "rows": dict(sync.rows),
        "error": sync.error,
        "incomplete": dict(sync.incomplete),
        "exit_status": sync.exit_status,
    }


def _sync_from_json(fields: JsonObject) -> Sync:
    exit_status = fields.number_or_none("exit_status")
    return Sync(
        began_at=fields.number("began_at"),
        ended_at=fields.number("ended_at"),
        rows=fields.counts("rows"),
        error=fields.text_or_none("error"),
        incomplete=fields.texts_by_name("incomplete"),
        exit_status=None if exit_status is None else int(exit_status),
        extra=fields.rest(),
    )


def _state_from_json(stored: str | None) -> State:
    try:
        return State(stored or State.CONNECTED)
    except ValueError as error:
        message = "state is not one that this version knows"
        raise RecordError(message) from error
