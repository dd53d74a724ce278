-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'request_notes') }}
-- depends_on: {{ ref('stg_jobber__requests') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='request_notes',
        keys=['requestId', 'id'],
        columns={
            'requestId': 'text',
            'requestUpdatedAt': 'timestamp',
            '__typename': 'text',
            'createdAt': 'timestamp',
            'createdBy': 'json',
            'id': 'text',
            'lastEditedAt': 'timestamp',
            'lastEditedById': 'text',
            'linkedTo': 'json',
            'message': 'text',
            'pinned': 'boolean',
        },
        owners=[
            {'stream': 'requests', 'id': 'requestId', 'comes_first': true, 'change': 'requestUpdatedAt'},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."requestId" as request_id,
    current_rows."requestUpdatedAt" as request_updated_at,
    current_rows."__typename" as typename,
    current_rows."createdAt" as created_at,
    {{ jobber.json_value('current_rows."createdBy"', ['__typename'], 'text') }} as created_by_typename,
    {{ jobber.json_value('current_rows."createdBy"', ['id'], 'text') }} as created_by_id,
    current_rows."id" as id,
    current_rows."lastEditedAt" as last_edited_at,
    current_rows."lastEditedById" as last_edited_by_id,
    {{ jobber.json_value('current_rows."linkedTo"', ['invoices'], 'boolean') }} as linked_to_invoices,
    {{ jobber.json_value('current_rows."linkedTo"', ['jobs'], 'boolean') }} as linked_to_jobs,
    {{ jobber.json_value('current_rows."linkedTo"', ['quotes'], 'boolean') }} as linked_to_quotes,
    {{ jobber.json_value('current_rows."linkedTo"', ['requests'], 'boolean') }} as linked_to_requests,
    current_rows."message" as message,
    current_rows."pinned" as pinned,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
