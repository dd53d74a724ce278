-- One row for each client or lead that exists, with what was invoiced and what is open.
with invoices as (
    select
        client_id,
        min(issued_date) as first_issued_date,
        max(issued_date) as last_issued_date,
        {{ jobber.whole('count(*)') }} as invoices,
        {{ jobber.money('sum(total)') }} as issued_total,
        {{ jobber.money('sum(net)') }} as issued_net,
        {{ jobber.money('sum(open_balance)') }} as open_balance
    from {{ ref('fct_invoices') }}
    where is_issued
    group by client_id
)

select
    clients.account_id,
    clients.id as client_id,
    clients.name,
    clients.first_name,
    clients.last_name,
    clients.company_name,
    clients.is_company,
    clients.is_lead,
    clients.is_archived,
    clients.email,
    clients.phone,
    coalesce(
        nullif(clients.lead_source, ''),
        nullif(clients.source_attribution_display_lead_source, '')
    ) as lead_source,
    clients.billing_address_street as street,
    clients.billing_address_city as city,
    clients.billing_address_province as province,
    clients.billing_address_postal_code as postal_code,
    clients.billing_address_country as country,
    clients.created_at,
    invoices.first_issued_date,
    invoices.last_issued_date,
    {{ jobber.whole('invoices.invoices') }} as invoices,
    {{ jobber.money('invoices.issued_total') }} as issued_total,
    {{ jobber.money('invoices.issued_net') }} as issued_net,
    {{ jobber.money('invoices.open_balance') }} as open_balance,
    clients.balance
from {{ ref('stg_jobber__clients') }} as clients
left join invoices on clients.id = invoices.client_id
