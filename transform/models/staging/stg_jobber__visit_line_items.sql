-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'visit_line_items') }}
-- depends_on: {{ ref('stg_jobber__visits') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='visit_line_items',
        keys=['visitId', 'id'],
        columns={
            'visitId': 'text',
            'category': 'text',
            'createdAt': 'timestamp',
            'description': 'text',
            'id': 'text',
            'linkedProductOrServiceId': 'text',
            'name': 'text',
            'quantity': 'float',
            'taxable': 'boolean',
            'totalCost': 'money',
            'totalPrice': 'money',
            'unitCost': 'money',
            'unitPrice': 'money',
            'updatedAt': 'timestamp',
        },
        owners=[
            {'stream': 'visits', 'id': 'visitId', 'comes_first': true, 'change': none},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."visitId" as visit_id,
    current_rows."category" as category,
    current_rows."createdAt" as created_at,
    current_rows."description" as description,
    current_rows."id" as id,
    current_rows."linkedProductOrServiceId" as linked_product_or_service_id,
    current_rows."name" as name,
    current_rows."quantity" as quantity,
    current_rows."taxable" as taxable,
    current_rows."totalCost" as total_cost,
    current_rows."totalPrice" as total_price,
    current_rows."unitCost" as unit_cost,
    current_rows."unitPrice" as unit_price,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
