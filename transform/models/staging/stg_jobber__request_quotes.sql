-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'request_quotes') }}
-- depends_on: {{ ref('stg_jobber__requests') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='request_quotes',
        keys=['requestId', 'quoteId'],
        columns={
            'requestId': 'text',
            'requestUpdatedAt': 'timestamp',
            'quoteId': 'text',
        },
        owners=[
            {'stream': 'requests', 'id': 'requestId', 'comes_first': true, 'change': 'requestUpdatedAt'},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."requestId" as request_id,
    current_rows."requestUpdatedAt" as request_updated_at,
    current_rows."quoteId" as quote_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
