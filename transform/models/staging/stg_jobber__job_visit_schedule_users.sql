-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'job_visit_schedule_users') }}
-- depends_on: {{ ref('stg_jobber__jobs') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='job_visit_schedule_users',
        keys=['jobId', 'userId'],
        columns={
            'jobId': 'text',
            'jobUpdatedAt': 'timestamp',
            'userId': 'text',
        },
        owners=[
            {'stream': 'jobs', 'id': 'jobId', 'comes_first': true, 'change': 'jobUpdatedAt'},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."jobId" as job_id,
    current_rows."jobUpdatedAt" as job_updated_at,
    current_rows."userId" as user_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
