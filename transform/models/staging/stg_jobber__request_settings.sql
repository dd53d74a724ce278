-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'request_settings') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='request_settings',
        keys=['id'],
        columns={
            'bookingType': 'text',
            'bufferDurationMinutes': 'integer',
            'connectedToGoogle': 'boolean',
            'default': 'boolean',
            'description': 'text',
            'earliestAvailabilityMinutes': 'integer',
            'efficientSchedulingType': 'text',
            'embeddedRequestUrl': 'text',
            'enabled': 'boolean',
            'formAssignments': 'json',
            'id': 'text',
            'intervalDurationMinutes': 'integer',
            'maxDriveTimeMinutes': 'integer',
            'name': 'text',
            'requestEmbedScript': 'text',
            'requestUrl': 'text',
            'requiresBookingApproval': 'boolean',
            'serviceAreasEnabled': 'boolean',
            'successMessageDescription': 'text',
            'successMessageTitle': 'text',
            'successUrl': 'text',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."bookingType" as booking_type,
    current_rows."bufferDurationMinutes" as buffer_duration_minutes,
    current_rows."connectedToGoogle" as connected_to_google,
    current_rows."default" as is_default,
    current_rows."description" as description,
    current_rows."earliestAvailabilityMinutes" as earliest_availability_minutes,
    current_rows."efficientSchedulingType" as efficient_scheduling_type,
    current_rows."embeddedRequestUrl" as embedded_request_url,
    current_rows."enabled" as enabled,
    current_rows."formAssignments" as form_assignments,
    current_rows."id" as id,
    current_rows."intervalDurationMinutes" as interval_duration_minutes,
    current_rows."maxDriveTimeMinutes" as max_drive_time_minutes,
    current_rows."name" as name,
    current_rows."requestEmbedScript" as request_embed_script,
    current_rows."requestUrl" as request_url,
    current_rows."requiresBookingApproval" as requires_booking_approval,
    current_rows."serviceAreasEnabled" as service_areas_enabled,
    current_rows."successMessageDescription" as success_message_description,
    current_rows."successMessageTitle" as success_message_title,
    current_rows."successUrl" as success_url,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
