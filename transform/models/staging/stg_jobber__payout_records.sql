-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'payout_records') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='payout_records',
        keys=['id'],
        columns={
            'arrivalDate': 'timestamp',
            'created': 'timestamp',
            'createdAt': 'timestamp',
            'currency': 'text',
            'failureReason': 'text',
            'feeAmount': 'integer',
            'grossAmount': 'integer',
            'id': 'text',
            'identifier': 'text',
            'netAmount': 'integer',
            'payoutMethod': 'text',
            'status': 'text',
            'type': 'text',
            'updatedAt': 'timestamp',
        },
        owners=[],
        ids=none,
    ) | indent(4) }}
),

zones as (
    select * from {{ ref('jobber_time_zones') }}
)

select
    current_rows."accountId" as account_id,
    {{ jobber.day('current_rows."arrivalDate"') }} as arrival_date,
    current_rows."created" as created,
    current_rows."createdAt" as created_at,
    current_rows."currency" as currency,
    current_rows."failureReason" as failure_reason,
    current_rows."feeAmount" as fee_amount_cents,
    current_rows."grossAmount" as gross_amount_cents,
    current_rows."id" as id,
    current_rows."identifier" as identifier,
    current_rows."netAmount" as net_amount_cents,
    current_rows."payoutMethod" as payout_method,
    current_rows."status" as status,
    current_rows."type" as type,
    current_rows."updatedAt" as updated_at,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
left join zones on coalesce(current_rows."accountId" = zones.account_id, true)
