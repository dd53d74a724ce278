-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'requests') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='requests',
        keys=['id'],
        columns={
            'amounts': 'json',
            'arrivalWindow': 'json',
            'assessmentId': 'text',
            'clientId': 'text',
            'companyName': 'text',
            'contactName': 'text',
            'createdAt': 'timestamp',
            'email': 'text',
            'id': 'text',
            'isArchivable': 'boolean',
            'isScheduled': 'boolean',
            'jobberWebUri': 'text',
            'phone': 'text',
            'propertyId': 'text',
            'referringClientId': 'text',
            'requestStatus': 'text',
            'salespersonId': 'text',
            'source': 'text',
            'title': 'text',
            'updatedAt': 'timestamp',
        },
        owners=[],
        ids='request_ids',
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    {{ jobber.json_value('current_rows."amounts"', ['total'], 'money') }} as amounts_total,
    {{ jobber.json_value('current_rows."arrivalWindow"', ['centeredOnStartTime'], 'boolean') }}
        as arrival_window_centered_on_start_time,
    {{ jobber.json_value('current_rows."arrivalWindow"', ['duration'], 'integer') }} as arrival_window_duration_minutes,
    {{ jobber.json_value('current_rows."arrivalWindow"', ['endAt'], 'timestamp') }} as arrival_window_end_at,
    {{ jobber.json_value('current_rows."arrivalWindow"', ['id'], 'text') }} as arrival_window_id,
    {{ jobber.json_value('current_rows."arrivalWindow"', ['startAt'], 'timestamp') }} as arrival_window_start_at,
    current_rows."assessmentId" as assessment_id,
    current_rows."clientId" as client_id,
    current_rows."companyName" as company_name,
    current_rows."contactName" as contact_name,
    current_rows."createdAt" as created_at,
    current_rows."email" as email,
    current_rows."id" as id,
    current_rows."isArchivable" as is_archivable,
    current_rows."isScheduled" as is_scheduled,
    current_rows."jobberWebUri" as jobber_web_uri,
    current_rows."phone" as phone,
    current_rows."propertyId" as property_id,
    current_rows."referringClientId" as referring_client_id,
    current_rows."requestStatus" as request_status,
    current_rows."salespersonId" as salesperson_id,
    current_rows."source" as source,
    current_rows."title" as title,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
