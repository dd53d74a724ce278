"""Names that the files leave out on purpose, beside the connections in `tap_jobber/graphql/left_out.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ONE_ROW = "a row that a stream lists anyway"
_ACTORS = "who has changed something: of one object at a time"

ARGUMENTS: Mapping[str, str] = {
    "searchFields": "searching",
    "searchTerm": "searching",
    "timezone": "only how moments are told",
}
"""Arguments of any field."""

FIELDS: Mapping[str, str] = {
    "Client.defaultEmails": "chosen from `client_emails` for one kind of message",
    "Client.defaultPhones": "chosen from `client_phones` for one kind of message",
    "Query.accountUnsafe": "deprecated: as `account`",
    "Query.clientContact": _ONE_ROW,
    "Query.clientMeta": "what a page about a client shows",
    "Query.invoiceAuditEventActors": _ACTORS,
    "Query.invoiceSample": "a sample to look at, not the account's data",
    "Query.jobAuditEventActors": _ACTORS,
    "Query.paymentRefundReasons": "words to choose from",
    "Query.productOrService": "deprecated: as `product`",
    "Query.quoteAuditEventActors": _ACTORS,
    "Query.requestAuditEventActors": _ACTORS,
    "Query.webHookEvent": "what a web hook would be sent",
    "Query.workItemSearch": "a search, not a list",
    "User.account": "there is one account",
}
"""Fields that are no connections, by `Type.field`."""
