-- One row for each month in which anything was issued or collected.
with issued as (
    select
        account_id,
        issued_month as month,
        count(*) as invoices,
        sum(total) as issued_total,
        sum(tax) as issued_tax,
        sum(net) as issued_net
    from {{ ref('fct_invoices') }}
    where is_issued
    group by account_id, issued_month
),

collected as (
    select
        account_id,
        entry_month as month,
        sum(case when kind = 'payment' then amount else 0 end) as payments,
        sum(case when kind = 'deposit' then amount else 0 end) as deposits,
        -sum(case when kind in ('refund', 'failed payment') then amount else 0 end) as refunds,
        sum(case when kind in ('payment', 'deposit') then tip else 0 end) as tips,
        sum(amount) as collected
    from {{ ref('fct_payments') }}
    group by account_id, entry_month
),

months as (
    select account_id, month from issued
    union
    select account_id, month from collected
)

select
    months.account_id,
    months.month,
    coalesce(issued.invoices, 0) as invoices,
    coalesce(issued.issued_total, 0) as issued_total,
    coalesce(issued.issued_tax, 0) as issued_tax,
    coalesce(issued.issued_net, 0) as issued_net,
    coalesce(collected.payments, 0) as payments,
    coalesce(collected.deposits, 0) as deposits,
    coalesce(collected.refunds, 0) as refunds,
    coalesce(collected.tips, 0) as tips,
    coalesce(collected.collected, 0) as collected
from months
left join issued
    on months.month = issued.month and coalesce(months.account_id = issued.account_id, true)
left join collected
    on months.month = collected.month and coalesce(months.account_id = collected.account_id, true)
where months.month is not null
