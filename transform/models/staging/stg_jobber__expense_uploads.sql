-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'expense_uploads') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='expense_uploads',
        keys=['id'],
        columns={
            'closed': 'boolean',
            'closedAt': 'timestamp',
            'createdAt': 'timestamp',
            'documents': 'json',
            'errorMessage': 'text',
            'id': 'text',
            'ingestedViaEmail': 'boolean',
            'totalDocumentCount': 'integer',
            'trackingId': 'text',
            'updatedAt': 'timestamp',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."closed" as closed,
    current_rows."closedAt" as closed_at,
    current_rows."createdAt" as created_at,
    current_rows."documents" as documents,
    current_rows."errorMessage" as error_message,
    current_rows."id" as id,
    current_rows."ingestedViaEmail" as ingested_via_email,
    current_rows."totalDocumentCount" as total_document_count,
    current_rows."trackingId" as tracking_id,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
