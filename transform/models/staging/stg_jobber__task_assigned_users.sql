-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'task_assigned_users') }}
-- depends_on: {{ ref('stg_jobber__tasks') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='task_assigned_users',
        keys=['taskId', 'userId'],
        columns={
            'taskId': 'text',
            'userId': 'text',
        },
        owners=[
            {'stream': 'tasks', 'id': 'taskId', 'comes_first': true, 'change': none},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."taskId" as task_id,
    current_rows."userId" as user_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
