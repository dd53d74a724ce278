-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'time_sheet_groups') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='time_sheet_groups',
        keys=['userId', 'startDate', 'id'],
        columns={
            'userId': 'text',
            'startDate': 'date',
            'byJobId': 'text',
            'id': 'text',
            'name': 'text',
            'totalDuration': 'integer',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."userId" as user_id,
    current_rows."startDate" as start_date,
    current_rows."byJobId" as by_job_id,
    current_rows."id" as id,
    current_rows."name" as name,
    current_rows."totalDuration" as total_duration_seconds,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
