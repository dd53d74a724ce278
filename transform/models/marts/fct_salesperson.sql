-- One row for each salesperson and month: quotes made in it and won since, and what was invoiced in it.
with quotes as (
    select
        account_id,
        salesperson_id,
        created_month as month,
        {{ jobber.whole('count(*)') }} as quotes,
        {{ jobber.whole("sum(case when outcome = 'won' then 1 else 0 end)") }} as won_quotes,
        {{ jobber.money("sum(case when outcome = 'won' then net else 0 end)") }} as won_net
    from {{ ref('fct_quotes') }}
    where salesperson_id is not null
    group by account_id, salesperson_id, created_month
),

invoices as (
    select
        account_id,
        salesperson_id,
        issued_month as month,
        {{ jobber.whole('count(*)') }} as invoices,
        {{ jobber.money('sum(net)') }} as issued_net
    from {{ ref('fct_invoices') }}
    where salesperson_id is not null and is_issued
    group by account_id, salesperson_id, issued_month
),

months as (
    select
        account_id,
        salesperson_id,
        month
    from quotes
    union
    select
        account_id,
        salesperson_id,
        month
    from invoices
)

select
    months.account_id,
    months.salesperson_id,
    users.name_full as salesperson,
    months.month,
    {{ jobber.whole('quotes.quotes') }} as quotes,
    {{ jobber.whole('quotes.won_quotes') }} as won_quotes,
    {{ jobber.money('quotes.won_net') }} as won_net,
    {{ jobber.whole('invoices.invoices') }} as invoices,
    {{ jobber.money('invoices.issued_net') }} as issued_net
from months
left join quotes on months.salesperson_id = quotes.salesperson_id and months.month = quotes.month
left join invoices on months.salesperson_id = invoices.salesperson_id and months.month = invoices.month
left join {{ ref('stg_jobber__users') }} as users on months.salesperson_id = users.id
