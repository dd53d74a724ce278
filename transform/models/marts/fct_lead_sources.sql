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
        count(*) as quotes,
        sum(case when outcome = 'won' then 1 else 0 end) as won_quotes
    from {{ ref('fct_quotes') }}
    group by client_id
),

invoices as (
    select
        client_id,
        sum(net) as issued_net
    from {{ ref('fct_invoices') }}
    where is_issued
    group by client_id
)

select
    clients.account_id,
    clients.lead_source,
    count(*) as clients,
    sum(case when invoices.client_id is not null then 1 else 0 end) as paying_clients,
    coalesce(sum(quotes.quotes), 0) as quotes,
    coalesce(sum(quotes.won_quotes), 0) as won_quotes,
    coalesce(sum(invoices.issued_net), 0) as issued_net
from clients
left join quotes on clients.id = quotes.client_id
left join invoices on clients.id = invoices.client_id
group by clients.account_id, clients.lead_source
