-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'supplier_invoice_batches') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='supplier_invoice_batches',
        keys=['id'],
        columns={
            'createdAt': 'timestamp',
            'errorMessage': 'text',
            'id': 'text',
            'status': 'text',
            'trackingId': 'text',
            'updatedAt': 'timestamp',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."createdAt" as created_at,
    current_rows."errorMessage" as error_message,
    current_rows."id" as id,
    current_rows."status" as status,
    current_rows."trackingId" as tracking_id,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
