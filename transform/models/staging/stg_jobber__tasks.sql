-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'tasks') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='tasks',
        keys=['id'],
        columns={
            'allDay': 'boolean',
            'clientId': 'text',
            'createdById': 'text',
            'duration': 'integer',
            'endAt': 'timestamp',
            'id': 'text',
            'instructions': 'text',
            'isComplete': 'boolean',
            'isDefaultTitle': 'boolean',
            'isRecurring': 'boolean',
            'overrideOrder': 'integer',
            'propertyId': 'text',
            'recurrenceSchedule': 'json',
            'routingOrder': 'integer',
            'startAt': 'timestamp',
            'teamReminderOffset': 'integer',
            'title': 'text',
            'workObject': 'json',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."allDay" as all_day,
    current_rows."clientId" as client_id,
    current_rows."createdById" as created_by_id,
    current_rows."duration" as duration,
    current_rows."endAt" as end_at,
    current_rows."id" as id,
    current_rows."instructions" as instructions,
    current_rows."isComplete" as is_complete,
    current_rows."isDefaultTitle" as is_default_title,
    current_rows."isRecurring" as is_recurring,
    current_rows."overrideOrder" as override_order,
    current_rows."propertyId" as property_id,
    {{ jobber.json_value('current_rows."recurrenceSchedule"', ['calendarRule'], 'text') }}
        as recurrence_schedule_calendar_rule,
    {{ jobber.json_value('current_rows."recurrenceSchedule"', ['friendly'], 'text') }} as recurrence_schedule_friendly,
    current_rows."routingOrder" as routing_order,
    current_rows."startAt" as start_at,
    current_rows."teamReminderOffset" as team_reminder_offset_minutes,
    current_rows."title" as title,
    {{ jobber.json_value('current_rows."workObject"', ['__typename'], 'text') }} as work_object_typename,
    {{ jobber.json_value('current_rows."workObject"', ['id'], 'text') }} as work_object_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
