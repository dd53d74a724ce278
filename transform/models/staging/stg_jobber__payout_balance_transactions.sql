-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'payout_balance_transactions') }}
-- depends_on: {{ ref('stg_jobber__payout_records') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='payout_balance_transactions',
        keys=['payoutRecordId', 'id'],
        columns={
            'payoutRecordId': 'text',
            'payoutRecordUpdatedAt': 'timestamp',
            '__typename': 'text',
            'created': 'timestamp',
            'currency': 'text',
            'feeAmount': 'integer',
            'grossAmount': 'integer',
            'id': 'text',
            'netAmount': 'integer',
            'type': 'text',
            'paymentRecordId': 'text',
            'ownPayoutRecordId': 'text',
            'tipAmount': 'integer',
        },
        owners=[
            {'stream': 'payout_records', 'id': 'payoutRecordId', 'comes_first': true, 'change': 'payoutRecordUpdatedAt'},
        ],
        ids=none,
    ) | indent(4) }}
)

select
    current_rows."accountId" as account_id,
    current_rows."payoutRecordId" as payout_record_id,
    current_rows."payoutRecordUpdatedAt" as payout_record_updated_at,
    current_rows."__typename" as typename,
    current_rows."created" as created,
    current_rows."currency" as currency,
    current_rows."feeAmount" as fee_amount_cents,
    current_rows."grossAmount" as gross_amount_cents,
    current_rows."id" as id,
    current_rows."netAmount" as net_amount_cents,
    current_rows."type" as type,
    current_rows."paymentRecordId" as payment_record_id,
    current_rows."ownPayoutRecordId" as own_payout_record_id,
    current_rows."tipAmount" as tip_amount,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
