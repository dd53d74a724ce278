-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'external_reminders') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='external_reminders',
        keys=['id'],
        columns={
            'completedAt': 'timestamp',
            'createdAt': 'timestamp',
            'description': 'text',
            'firstRequestedAt': 'timestamp',
            'id': 'text',
            'lastRequestedAt': 'timestamp',
            'reminderType': 'text',
            'sourceId': 'text',
            'sourceType': 'text',
            'status': 'text',
            'updatedAt': 'timestamp',
            'viewedAt': 'timestamp',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."completedAt" as completed_at,
    current_rows."createdAt" as created_at,
    current_rows."description" as description,
    current_rows."firstRequestedAt" as first_requested_at,
    current_rows."id" as id,
    current_rows."lastRequestedAt" as last_requested_at,
    current_rows."reminderType" as reminder_type,
    current_rows."sourceId" as source_id,
    current_rows."sourceType" as source_type,
    current_rows."status" as status,
    current_rows."updatedAt" as updated_at,
    current_rows."viewedAt" as viewed_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
