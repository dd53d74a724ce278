-- One row for each movement of money between a client and the account: payments and deposits, and what was paid back.
with records as (
    select * from {{ ref('stg_jobber__payment_records') }}
),

refunds as (
    select
        refunds.account_id,
        refunds.id,
        refunds.entry_date,
        refunds.amount,
        refunds.tip_amount,
        paid.client_id,
        paid.invoice_id,
        paid.quote_id
    from {{ ref('stg_jobber__payment_record_refunds') }} as refunds
    left join records as paid on refunds.payment_record_id = paid.id
)

select
    account_id,
    id as payment_id,
    case adjustment_type
        when 'DEPOSIT' then 'deposit'
        when 'PAYMENT' then 'payment'
        when 'REFUND' then 'refund'
        else 'failed payment'
    end as kind,
    client_id,
    invoice_id,
    quote_id,
    payment_type as method,
    entry_date,
    {{ jobber.month_of('entry_date') }} as entry_month,
    case when adjustment_type in ('DEPOSIT', 'PAYMENT') then amount else -abs(amount) end as amount,
    coalesce(tip_amount, 0) as tip
from records
where
    adjustment_type in ('DEPOSIT', 'PAYMENT', 'FAILED_ACH_PAYMENT')
    or (adjustment_type = 'REFUND' and id not in (select refunds.id from refunds))

union all

select
    account_id,
    id as payment_id,
    'refund' as kind,
    client_id,
    invoice_id,
    quote_id,
    cast(null as text) as method,
    entry_date,
    {{ jobber.month_of('entry_date') }} as entry_month,
    -abs(amount) as amount,
    -coalesce(tip_amount, 0) as tip
from refunds
