-- One row for each month in which anything was issued or collected.
with issued as (
    select
        account_id,
        issued_month as month,
        {{ jobber.whole('count(*)') }} as invoices,
        {{ jobber.money('sum(total)') }} as issued_total,
        {{ jobber.money('sum(tax)') }} as issued_tax,
        {{ jobber.money('sum(net)') }} as issued_net
    from {{ ref('fct_invoices') }}
    where is_issued
    group by account_id, issued_month
),

collected as (
    select
        account_id,
        entry_month as month,
        {{ jobber.money("sum(case when kind = 'payment' then amount else 0 end)") }} as payments,
        {{ jobber.money("sum(case when kind = 'deposit' then amount else 0 end)") }} as deposits,
        {{ jobber.money("-sum(case when kind in ('refund', 'failed payment') then amount else 0 end)") }} as refunds,
        {{ jobber.money("sum(case when kind in ('payment', 'deposit') then tip else 0 end)") }} as tips,
        {{ jobber.money('sum(amount)') }} as collected
    from {{ ref('fct_payments') }}
    group by account_id, entry_month
),

months as (
    select
        account_id,
        month
    from issued
    union
    select
        account_id,
        month
    from collected
)

select
    months.account_id,
    months.month,
    {{ jobber.whole('issued.invoices') }} as invoices,
    {{ jobber.money('issued.issued_total') }} as issued_total,
    {{ jobber.money('issued.issued_tax') }} as issued_tax,
    {{ jobber.money('issued.issued_net') }} as issued_net,
    {{ jobber.money('collected.payments') }} as payments,
    {{ jobber.money('collected.deposits') }} as deposits,
    {{ jobber.money('collected.refunds') }} as refunds,
    {{ jobber.money('collected.tips') }} as tips,
    {{ jobber.money('collected.collected') }} as collected
from months
left join issued
    on months.month = issued.month and coalesce(months.account_id = issued.account_id, true)
left join collected
    on months.month = collected.month and coalesce(months.account_id = collected.account_id, true)
where months.month is not null
