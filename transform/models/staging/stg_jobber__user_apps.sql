-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'user_apps') }}
-- depends_on: {{ ref('stg_jobber__users') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='user_apps',
        keys=['userId', 'appId'],
        columns={
            'userId': 'text',
            'appId': 'text',
        },
        owners=[
            {'stream': 'users', 'id': 'userId', 'comes_first': true, 'change': none},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."userId" as user_id,
    current_rows."appId" as app_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
