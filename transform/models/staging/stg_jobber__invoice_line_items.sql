-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'invoice_line_items') }}
-- depends_on: {{ ref('stg_jobber__invoices') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='invoice_line_items',
        keys=['invoiceId', 'id'],
        columns={
            'invoiceId': 'text',
            'invoiceUpdatedAt': 'timestamp',
            'category': 'text',
            'createdAt': 'timestamp',
            'date': 'timestamp',
            'description': 'text',
            'id': 'text',
            'jobLineItemId': 'text',
            'linkedProductOrServiceId': 'text',
            'name': 'text',
            'originalCost': 'money',
            'quantity': 'float',
            'taxRateId': 'text',
            'taxable': 'boolean',
            'totalPrice': 'money',
            'unitPrice': 'money',
            'updatedAt': 'timestamp',
        },
        owners=[
            {'stream': 'invoices', 'id': 'invoiceId', 'comes_first': true, 'change': 'invoiceUpdatedAt'},
        ],
        ids=none,
    ) | indent(4) }}
),

zones as (
    select * from {{ ref('jobber_time_zones') }}
)

select
    current_rows."accountId" as account_id,
    current_rows."invoiceId" as invoice_id,
    current_rows."invoiceUpdatedAt" as invoice_updated_at,
    current_rows."category" as category,
    current_rows."createdAt" as created_at,
    {{ jobber.day('current_rows."date"') }} as date,
    current_rows."description" as description,
    current_rows."id" as id,
    current_rows."jobLineItemId" as job_line_item_id,
    current_rows."linkedProductOrServiceId" as linked_product_or_service_id,
    current_rows."name" as name,
    current_rows."originalCost" as original_cost,
    current_rows."quantity" as quantity,
    current_rows."taxRateId" as tax_rate_id,
    current_rows."taxable" as taxable,
    current_rows."totalPrice" as total_price,
    current_rows."unitPrice" as unit_price,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
left join zones on coalesce(current_rows."accountId" = zones.account_id, true)
