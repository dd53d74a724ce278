-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'event_assigned_users') }}
-- depends_on: {{ ref('stg_jobber__events') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='event_assigned_users',
        keys=['eventId', 'userId'],
        columns={
            'eventId': 'text',
            'userId': 'text',
        },
        owners=[
            {'stream': 'events', 'id': 'eventId', 'comes_first': true, 'change': none},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."eventId" as event_id,
    current_rows."userId" as user_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
