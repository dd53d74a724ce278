"""Write the files of an account with many visits, as target-jsonl writes them: `DIRECTORY VISITS`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

_STREAMS = {
    "account": "select 'gid-account' as id, 'Account' as name",
    "users": """
        select 'gid-user-' || n as id, n = 0 as isAccountOwner, 'America/Edmonton' as timezone, 'ACTIVATED' as status,
            {'first': 'A', 'last': 'B', 'full': 'A B'} as name, '2020-01-01T00:00:00Z' as createdAt
        from range(50) as t(n)""",
    "visits": """
        select 'gid-visit-' || n as id, 'gid-job-' || n // 10 as jobId, 'gid-client-' || n // 40 as clientId,
            'gid-property-' || n // 40 as propertyId, 'gid-invoice-' || n // 10 as invoiceId,
            'Visit ' || n as title, repeat('Ring the bell twice. ', 10) as instructions,
            strftime(day + interval 15 hours, '%Y-%m-%dT%H:%M:%SZ') as startAt,
            strftime(day + interval 17 hours, '%Y-%m-%dT%H:%M:%SZ') as endAt,
            strftime(day - interval 5 days, '%Y-%m-%dT%H:%M:%SZ') as createdAt,
            strftime(day + interval 17 hours, '%Y-%m-%dT%H:%M:%SZ') as completedAt,
            true as isComplete, false as allDay, 120 as duration, 'COMPLETED' as visitStatus
        from (select n, timestamp '2021-01-01' + to_days(cast(n % 2000 as integer)) as day from range(?) as t(n))""",
    "visit_line_items": """
        select 'gid-visit-' || n // 2 as visitId, 'gid-line-' || n as id, 'Mowing' as name, 'SERVICE' as category,
            repeat('As agreed. ', 5) as description, 1.5 as quantity, 40.25 as unitPrice, 60.38 as totalPrice,
            20.0 as unitCost, 30.0 as totalCost, true as taxable, '2021-01-01T00:00:00Z' as createdAt,
            '2021-01-01T00:00:00Z' as updatedAt
        from range(2 * ?) as t(n)""",
    "visit_assigned_users": """
        select 'gid-visit-' || n as visitId, 'gid-user-' || n % 50 as userId
        from range(?) as t(n)""",
    "time_sheet_entries": """
        select 'gid-entry-' || n as id, 'gid-job-' || n // 10 as jobId, 'gid-user-' || n % 50 as userId,
            {'__typename': 'Visit', 'id': 'gid-visit-' || n} as targetItem, 7200 as finalDuration, 31.5 as labourRate,
            strftime(day + interval 15 hours, '%Y-%m-%dT%H:%M:%SZ') as startAt,
            strftime(day + interval 17 hours, '%Y-%m-%dT%H:%M:%SZ') as endAt, false as ticking,
            strftime(day + interval 17 hours, '%Y-%m-%dT%H:%M:%SZ') as updatedAt,
            strftime(day + interval 15 hours, '%Y-%m-%dT%H:%M:%SZ') as createdAt
        from (select n, timestamp '2021-01-01' + to_days(cast(n % 2000 as integer)) as day from range(?) as t(n))""",
    "jobs": """
        select 'gid-job-' || n as id, 'gid-client-' || n // 4 as clientId, n as jobNumber, 'Job' as title,
            'ONE_OFF' as jobType, 'archived' as jobStatus, '2021-01-01T00:00:00Z' as createdAt,
            '2021-01-01T00:00:00Z' as updatedAt, 400.5 as invoicedTotal
        from range(? // 10) as t(n)""",
    "invoices": """
        select 'gid-invoice-' || n as id, 'gid-client-' || n // 4 as clientId, 'paid' as invoiceStatus,
            '2021-03-01T17:21:09Z' as issuedDate, '2021-03-31T06:00:00Z' as dueDate,
            {'subtotal': 400.5, 'taxAmount': 20.03, 'total': 420.53, 'invoiceBalance': 0} as amounts,
            '2021-01-01T00:00:00Z' as createdAt, '2021-01-01T00:00:00Z' as updatedAt
        from range(? // 10) as t(n)""",
    "clients": """
        select 'gid-client-' || n as id, 'Client ' || n as name, '2021-01-01T00:00:00Z' as createdAt,
            '2021-01-01T00:00:00Z' as updatedAt
        from range(? // 40) as t(n)""",
}


def main(directory: Path, visits: int) -> None:
    """Write a file for each stream."""
    # It is in the environment of dbt alone.
    database = importlib.import_module("duckdb").connect()
    for name, sql in _STREAMS.items():
        lines = f"select *, '2026-07-01T00:00:00+00:00' as _sdc_extracted_at from ({sql})"  # noqa: S608 - our own
        database.execute(f"copy ({lines}) to '{directory / name}.jsonl' (format json)", [visits] * sql.count("?"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
