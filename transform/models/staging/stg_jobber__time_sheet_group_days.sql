-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'time_sheet_group_days') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='time_sheet_group_days',
        keys=['userId', 'startDate', 'timeSheetEntryGroupId', 'id'],
        columns={
            'userId': 'text',
            'startDate': 'date',
            'timeSheetEntryGroupId': 'text',
            'date': 'date',
            'hoursStatus': 'text',
            'id': 'text',
            'totalDuration': 'integer',
            'totalUnpaidDuration': 'integer',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."userId" as user_id,
    current_rows."startDate" as start_date,
    current_rows."timeSheetEntryGroupId" as time_sheet_entry_group_id,
    current_rows."date" as date,
    current_rows."hoursStatus" as hours_status,
    current_rows."id" as id,
    current_rows."totalDuration" as total_duration_seconds,
    current_rows."totalUnpaidDuration" as total_unpaid_duration_seconds,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
