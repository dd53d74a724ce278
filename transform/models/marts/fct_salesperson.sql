-- One row for each salesperson and month: quotes made in it and won since, and what was invoiced in it.
with quotes as (
    select
        account_id,
        salesperson_id,
        created_month as month,
        count(*) as quotes,
        sum(case when outcome = 'won' then 1 else 0 end) as won_quotes,
        sum(case when outcome = 'won' then net else 0 end) as won_net
    from {{ ref('fct_quotes') }}
    where salesperson_id is not null
    group by account_id, salesperson_id, created_month
),

invoices as (
    select
        account_id,
        salesperson_id,
        issued_month as month,
        count(*) as invoices,
        sum(net) as issued_net
    from {{ ref('fct_invoices') }}
    where salesperson_id is not null and is_issued
    group by account_id, salesperson_id, issued_month
),

months as (
    select account_id, salesperson_id, month from quotes
    union
    select account_id, salesperson_id, month from invoices
)

select
    months.account_id,
    months.salesperson_id,
    users.name_full as salesperson,
    months.month,
    coalesce(quotes.quotes, 0) as quotes,
    coalesce(quotes.won_quotes, 0) as won_quotes,
    coalesce(quotes.won_net, 0) as won_net,
    coalesce(invoices.invoices, 0) as invoices,
    coalesce(invoices.issued_net, 0) as issued_net
from months
left join quotes on months.salesperson_id = quotes.salesperson_id and months.month = quotes.month
left join invoices on months.salesperson_id = invoices.salesperson_id and months.month = invoices.month
left join {{ ref('stg_jobber__users') }} as users on months.salesperson_id = users.id
