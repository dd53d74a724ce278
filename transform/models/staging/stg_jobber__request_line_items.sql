-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'request_line_items') }}
-- depends_on: {{ ref('stg_jobber__requests') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='request_line_items',
        keys=['requestId', 'id'],
        columns={
            'requestId': 'text',
            'requestUpdatedAt': 'timestamp',
            'category': 'text',
            'createdAt': 'timestamp',
            'description': 'text',
            'id': 'text',
            'linkedProductOrServiceId': 'text',
            'name': 'text',
            'quantity': 'float',
            'sortOrder': 'integer',
            'taxable': 'boolean',
            'totalCost': 'money',
            'totalPrice': 'money',
            'unitCost': 'money',
            'unitPrice': 'money',
            'updatedAt': 'timestamp',
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
    current_rows."category" as category,
    current_rows."createdAt" as created_at,
    current_rows."description" as description,
    current_rows."id" as id,
    current_rows."linkedProductOrServiceId" as linked_product_or_service_id,
    current_rows."name" as name,
    current_rows."quantity" as quantity,
    current_rows."sortOrder" as sort_order,
    current_rows."taxable" as taxable,
    current_rows."totalCost" as total_cost,
    current_rows."totalPrice" as total_price,
    current_rows."unitCost" as unit_cost,
    current_rows."unitPrice" as unit_price,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
