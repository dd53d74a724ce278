-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'marketing_tasks') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='marketing_tasks',
        keys=['id'],
        columns={
            'actionPath': 'text',
            'calendarDate': 'date',
            'capability': 'text',
            'completedAt': 'timestamp',
            'completionMode': 'text',
            'description': 'text',
            'endAt': 'timestamp',
            'id': 'text',
            'overdue': 'boolean',
            'priority': 'integer',
            'startAt': 'timestamp',
            'state': 'text',
            'title': 'text',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."actionPath" as action_path,
    current_rows."calendarDate" as calendar_date,
    current_rows."capability" as capability,
    current_rows."completedAt" as completed_at,
    current_rows."completionMode" as completion_mode,
    current_rows."description" as description,
    current_rows."endAt" as end_at,
    current_rows."id" as id,
    current_rows."overdue" as overdue,
    current_rows."priority" as priority,
    current_rows."startAt" as start_at,
    current_rows."state" as state,
    current_rows."title" as title,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
