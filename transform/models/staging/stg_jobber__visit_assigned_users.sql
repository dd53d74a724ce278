-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'visit_assigned_users') }}
-- depends_on: {{ ref('stg_jobber__visits') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='visit_assigned_users',
        keys=['visitId', 'userId'],
        columns={
            'visitId': 'text',
            'userId': 'text',
        },
        owners=[
            {'stream': 'visits', 'id': 'visitId', 'comes_first': true, 'change': none},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."visitId" as visit_id,
    current_rows."userId" as user_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
