-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'time_sheet_entries') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='time_sheet_entries',
        keys=['id'],
        columns={
            'approved': 'boolean',
            'approvedById': 'text',
            'clientId': 'text',
            'createdAt': 'timestamp',
            'endAt': 'timestamp',
            'finalDuration': 'integer',
            'id': 'text',
            'jobId': 'text',
            'label': 'text',
            'labourRate': 'money',
            'note': 'text',
            'paidById': 'text',
            'payable': 'boolean',
            'startAt': 'timestamp',
            'targetDurationTotal': 'integer',
            'targetItem': 'json',
            'ticking': 'boolean',
            'timeSheetCategory': 'text',
            'updatedAt': 'timestamp',
            'userId': 'text',
        },
        owners=[],
        ids='time_sheet_entry_ids',
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."approved" as approved,
    current_rows."approvedById" as approved_by_id,
    current_rows."clientId" as client_id,
    current_rows."createdAt" as created_at,
    current_rows."endAt" as end_at,
    current_rows."finalDuration" as final_duration_seconds,
    current_rows."id" as id,
    current_rows."jobId" as job_id,
    current_rows."label" as label,
    current_rows."labourRate" as labour_rate,
    current_rows."note" as note,
    current_rows."paidById" as paid_by_id,
    current_rows."payable" as payable,
    current_rows."startAt" as start_at,
    current_rows."targetDurationTotal" as target_duration_total,
    {{ jobber.json_value('current_rows."targetItem"', ['__typename'], 'text') }} as target_item_typename,
    {{ jobber.json_value('current_rows."targetItem"', ['id'], 'text') }} as target_item_id,
    current_rows."ticking" as ticking,
    current_rows."timeSheetCategory" as time_sheet_category,
    current_rows."updatedAt" as updated_at,
    current_rows."userId" as user_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
