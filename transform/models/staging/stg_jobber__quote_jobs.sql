-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'quote_jobs') }}
-- depends_on: {{ ref('stg_jobber__quotes') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='quote_jobs',
        keys=['quoteId', 'jobId'],
        columns={
            'quoteId': 'text',
            'quoteUpdatedAt': 'timestamp',
            'jobId': 'text',
        },
        owners=[
            {'stream': 'quotes', 'id': 'quoteId', 'comes_first': true, 'change': 'quoteUpdatedAt'},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."quoteId" as quote_id,
    current_rows."quoteUpdatedAt" as quote_updated_at,
    current_rows."jobId" as job_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
