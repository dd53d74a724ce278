-- One row for each quote: how old it is, and what has become of it.
with quotes as (
    select * from {{ ref('stg_jobber__quotes') }}
),

judged as (
    select
        quotes.*,
        zones.today,
        {{ jobber.local_date('quotes.created_at') }} as created_date,
        {{ jobber.local_date('quotes.sent_at') }} as sent_date,
        case
            when
                quotes.quote_status in ('approved', 'converted')
                or quotes.last_transitioned_approved_at is not null
                or quotes.last_transitioned_converted_at is not null
                then 'won'
            when quotes.quote_status = 'archived' then 'lost'
            when quotes.quote_status = 'draft' then 'draft'
            else 'open'
        end as outcome
    from quotes
    {{ jobber.join_zones('quotes') }}
)

select
    account_id,
    id as quote_id,
    quote_number,
    title,
    quote_status,
    outcome,
    client_id,
    property_id,
    request_id,
    salesperson_id,
    created_at,
    sent_at,
    created_date,
    {{ jobber.month_of('created_date') }} as created_month,
    last_transitioned_approved_at as approved_at,
    last_transitioned_converted_at as converted_at,
    amounts_total as total,
    amounts_total - coalesce(amounts_tax_amount, 0) as net,
    today - created_date as age_days,
    cast(extract(epoch from (
        coalesce(last_transitioned_approved_at, last_transitioned_converted_at) - coalesce(sent_at, created_at)
    )) as bigint) as seconds_to_win,
    today as as_of_date
from judged
