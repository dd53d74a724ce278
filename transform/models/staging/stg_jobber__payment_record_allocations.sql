-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'payment_record_allocations') }}
-- depends_on: {{ ref('stg_jobber__payment_records') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='payment_record_allocations',
        keys=['paymentRecordId', 'position'],
        columns={
            'paymentRecordId': 'text',
            'position': 'integer',
            '__typename': 'text',
            'amount': 'money',
            'invoiceId': 'text',
            'quoteId': 'text',
        },
        owners=[
            {'stream': 'payment_records', 'id': 'paymentRecordId', 'comes_first': true, 'change': none},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."paymentRecordId" as payment_record_id,
    current_rows."position" as position,
    current_rows."__typename" as typename,
    current_rows."amount" as amount,
    current_rows."invoiceId" as invoice_id,
    current_rows."quoteId" as quote_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
