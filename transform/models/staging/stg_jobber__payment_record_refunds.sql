-- Made by scripts/transform_models.py from what the tap declares.
-- depends_on: {{ source('jobber', 'payment_record_refunds') }}
-- depends_on: {{ ref('stg_jobber__payment_records') }}
with current_rows as (
    {{ jobber.current_rows(
        stream='payment_record_refunds',
        keys=['paymentRecordId', 'id'],
        columns={
            'paymentRecordId': 'text',
            'amount': 'money',
            'entryDate': 'timestamp',
            'id': 'text',
            'jobberPaymentTransactionStatus': 'text',
            'surchargeAmount': 'money',
            'surchargeTaxAmount': 'money',
            'tipAmount': 'money',
        },
        owners=[
            {'stream': 'payment_records', 'id': 'paymentRecordId', 'comes_first': true, 'change': none},
        ],
        ids=none,
    ) | indent(4) }}
),

zones as (
    select * from {{ ref('jobber_time_zones') }}
)

select
    current_rows."accountId" as account_id,
    current_rows."paymentRecordId" as payment_record_id,
    current_rows."amount" as amount,
    {{ jobber.day('current_rows."entryDate"') }} as entry_date,
    current_rows."id" as id,
    current_rows."jobberPaymentTransactionStatus" as jobber_payment_transaction_status,
    current_rows."surchargeAmount" as surcharge_amount,
    current_rows."surchargeTaxAmount" as surcharge_tax_amount,
    current_rows."tipAmount" as tip_amount,
    current_rows."_sdc_extracted_at" as extracted_at
from current_rows
left join zones on coalesce(current_rows."accountId" = zones.account_id, true)
