-- One row for each source that clients name: how many came of it, and what they have brought.
with clients as (
    select
        account_id,
        id,
        coalesce(nullif(lead_source, ''), nullif(source_attribution_display_lead_source, ''), 'unknown') as lead_source
    from {{ ref('stg_jobber__clients') }}
),

quotes as (
    select
        client_id,
        {{ jobber.whole('count(*)') }} as quotes,
        {{ jobber.whole("sum(case when outcome = 'won' then 1 else 0 end)") }} as won_quotes
    from {{ ref('fct_quotes') }}
    group by client_id
),

invoices as (
    select
        client_id,
        {{ jobber.money('sum(net)') }} as issued_net
    from {{ ref('fct_invoices') }}
    where is_issued
    group by client_id
)

select
    clients.account_id,
    clients.lead_source,
    {{ jobber.whole('count(*)') }} as clients,
    {{ jobber.whole('sum(case when invoices.client_id is not null then 1 else 0 end)') }} as paying_clients,
    {{ jobber.whole('sum(quotes.quotes)') }} as quotes,
    {{ jobber.whole('sum(quotes.won_quotes)') }} as won_quotes,
    {{ jobber.money('sum(invoices.issued_net)') }} as issued_net
from clients
left join quotes on clients.id = quotes.client_id
left join invoices on clients.id = invoices.client_id
group by clients.account_id, clients.lead_source
