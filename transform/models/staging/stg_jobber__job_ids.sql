-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'job_ids') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='job_ids',
        keys=['id'],
        columns={
            'id': 'text',
            'readAt': 'timestamp',
            'readCount': 'integer',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."id" as id,
    current_rows."readAt" as read_at,
    current_rows."readCount" as read_count,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
