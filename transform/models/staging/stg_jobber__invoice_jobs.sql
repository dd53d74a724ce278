-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'invoice_jobs') }}
-- depends_on: {{ ref('stg_jobber__invoices') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='invoice_jobs',
        keys=['invoiceId', 'jobId'],
        columns={
            'invoiceId': 'text',
            'invoiceUpdatedAt': 'timestamp',
            'jobId': 'text',
        },
        owners=[
            {'stream': 'invoices', 'id': 'invoiceId', 'comes_first': true, 'change': 'invoiceUpdatedAt'},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."invoiceId" as invoice_id,
    current_rows."invoiceUpdatedAt" as invoice_updated_at,
    current_rows."jobId" as job_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
