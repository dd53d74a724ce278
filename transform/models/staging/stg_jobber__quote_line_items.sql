-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'quote_line_items') }}
-- depends_on: {{ ref('stg_jobber__quotes') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='quote_line_items',
        keys=['quoteId', 'id'],
        columns={
            'quoteId': 'text',
            'quoteUpdatedAt': 'timestamp',
            'category': 'text',
            'createdAt': 'timestamp',
            'description': 'text',
            'id': 'text',
            'linkedProductOrServiceId': 'text',
            'markup': 'float',
            'name': 'text',
            'optional': 'boolean',
            'quantity': 'float',
            'recommended': 'boolean',
            'sortOrder': 'integer',
            'taxable': 'boolean',
            'textOnly': 'boolean',
            'totalCost': 'money',
            'totalPrice': 'money',
            'unitCost': 'money',
            'unitPrice': 'money',
            'updatedAt': 'timestamp',
        },
        owners=[
            {'stream': 'quotes', 'id': 'quoteId', 'comes_first': true, 'change': 'quoteUpdatedAt'},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."quoteId" as quote_id,
    current_rows."quoteUpdatedAt" as quote_updated_at,
    current_rows."category" as category,
    current_rows."createdAt" as created_at,
    current_rows."description" as description,
    current_rows."id" as id,
    current_rows."linkedProductOrServiceId" as linked_product_or_service_id,
    current_rows."markup" as markup,
    current_rows."name" as name,
    current_rows."optional" as optional,
    current_rows."quantity" as quantity,
    current_rows."recommended" as recommended,
    current_rows."sortOrder" as sort_order,
    current_rows."taxable" as taxable,
    current_rows."textOnly" as text_only,
    current_rows."totalCost" as total_cost,
    current_rows."totalPrice" as total_price,
    current_rows."unitCost" as unit_cost,
    current_rows."unitPrice" as unit_price,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
