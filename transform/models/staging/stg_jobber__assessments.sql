-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'assessments') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='assessments',
        keys=['id'],
        columns={
            'id': 'text',
            'allDay': 'boolean',
            'clientId': 'text',
            'clientConfirmed': 'boolean',
            'completedAt': 'timestamp',
            'createdById': 'text',
            'duration': 'integer',
            'endAt': 'timestamp',
            'incompleteChecklistsCount': 'integer',
            'instructions': 'text',
            'isComplete': 'boolean',
            'isDefaultTitle': 'boolean',
            'overrideOrder': 'integer',
            'propertyId': 'text',
            'requestId': 'text',
            'routingOrder': 'integer',
            'startAt': 'timestamp',
            'teamReminderOffset': 'integer',
            'title': 'text',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."id" as id,
    current_rows."allDay" as all_day,
    current_rows."clientId" as client_id,
    current_rows."clientConfirmed" as client_confirmed,
    current_rows."completedAt" as completed_at,
    current_rows."createdById" as created_by_id,
    current_rows."duration" as duration,
    current_rows."endAt" as end_at,
    current_rows."incompleteChecklistsCount" as incomplete_checklists_count,
    current_rows."instructions" as instructions,
    current_rows."isComplete" as is_complete,
    current_rows."isDefaultTitle" as is_default_title,
    current_rows."overrideOrder" as override_order,
    current_rows."propertyId" as property_id,
    current_rows."requestId" as request_id,
    current_rows."routingOrder" as routing_order,
    current_rows."startAt" as start_at,
    current_rows."teamReminderOffset" as team_reminder_offset_minutes,
    current_rows."title" as title,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
