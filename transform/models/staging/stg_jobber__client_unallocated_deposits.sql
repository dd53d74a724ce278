-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'client_unallocated_deposits') }}
-- depends_on: {{ ref('stg_jobber__clients') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='client_unallocated_deposits',
        keys=['clientId', 'paymentRecordId'],
        columns={
            'clientId': 'text',
            'clientUpdatedAt': 'timestamp',
            'paymentRecordId': 'text',
        },
        owners=[
            {'stream': 'clients', 'id': 'clientId', 'comes_first': true, 'change': 'clientUpdatedAt'},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."clientId" as client_id,
    current_rows."clientUpdatedAt" as client_updated_at,
    current_rows."paymentRecordId" as payment_record_id,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
